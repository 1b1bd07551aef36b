"""What people read in Chinese."""

from bot.texts import Texts

ZH = Texts(
    welcome="你好！我用老师写好的内容回答关于{course}的问题。不知道的时候，我会直说。",
    privacy=(
        "你的提问和反馈会以化名保存，用来改进答案；这个聊天的号码也会保存，用来回复你。"
        "请不要写出他人的姓名或号码。/privacy 查看详情，/forget 全部删除。"
    ),
    help=(
        "直接输入问题即可。命令：/course 选择课程，/privacy 查看保存了什么，/export 导出，/forget 删除，"
        "/help 查看帮助。"
    ),
    console_help=(
        "直接输入问题。数字选择选项，+ 和 - 表示答案是否有用，t 转给老师。"
        "/course 选择课程，/privacy 查看保存了什么，/export 显示全部，/forget 删除，/help 查看帮助，/quit 退出。"
    ),
    choose_course="想问哪门课？",
    course_chosen="当前课程：{course}。请提问！",
    all_courses="全部课程",
    no_course="我不认识课程“{course}”。",
    suggest="我不太确定。你是想问下面哪一个？",
    none_of_these="都不是",
    none_noted="谢谢，已记录。要不要把问题转给老师？",
    abstain="这个问题我不知道答案。要不要转给老师？",
    do_not_know="这个问题我不知道答案。",
    ask_teacher="问老师",
    escalated="已转交，老师会看到你的问题。",
    already_escalated="你的问题已经在老师那里了。",
    other_candidates="不对？也许是下面之一：",
    section="章节",
    source="来源",
    thanks="谢谢！",
    sorry="谢谢，已记录。也许其他选项更合适。",
    too_long="内容超过 {limit} 个字符，请写短一些。",
    no_words="没有看到文字，请输入你的问题。",
    text_only="我只能读文字，请输入你的问题。",
    unknown_command="不认识这个命令。/help 可以查看帮助，也可以直接输入问题。",
    nothing_to_take="这里没有可以用这个键评价或选择的内容。/help 说明各个按键。",
    gone="这个按钮对应的内容已经不在了，请重新提问。",
    failed="这里出了点问题，已经记录。请稍后再试。",
    not_recorded="现在无法保存记录，所以暂时不能回答。请稍后再试。",
    too_fast="你发得比我答得快。消息我都收到了，会一条一条回答。",
    not_allowed="这个功能只供教师使用。如果你是教师，请向管理本机器人的人要一个邀请链接。",
    no_invitation="这个邀请无效：已被使用、已过期或不完整。请索取一个新的邀请。",
    joined="你现在是{course}的教师。/teachers 查看还有哪些教师，/undo 撤销对答案的更改。",
    invite_usage="/invite 课程 姓名 会生成一个教师邀请链接。姓名最多 {limit} 个字符。课程：{courses}",
    invitation="请把这个链接发给{course}的新教师。链接只能使用一次，{days} 天内有效：\n{link}",
    teacher_line="{number}. {name}：{course}，自 {since}",
    no_teachers="还没有教师。/invite 会生成一个教师邀请链接。",
    no_such_teacher="/dismiss 编号 会取消一位教师的权限。/teachers 可查看编号。",
    dismissed="{name} 不再是{course}的教师。",
    change_line="{number}. {at} UTC，{entries} 条答案：{detail}",
    no_changes="你的课程没有更改过答案。",
    undo_usage="/undo 编号 会撤销一次更改。",
    undone="更改 {number} 已撤销：{entries} 条答案恢复原状。",
    not_undone=(
        "无法撤销更改 {number}：它不属于你的课程、已经撤销，或之后又有更改涉及同样的答案。/undo 列出最近的更改。"
    ),
    privacy_long=(
        "保存了什么，为什么：\n"
        "• 你的提问、显示给你的内容和你的反馈：用来改进答案。老师和运行者可以看到，但只显示化名 {person}。\n"
        "• 这个聊天的号码、你的语言和课程：用来回复你，与提问分开存放。\n"
        "• 消息在回答之前会保存；处理失败的消息会留下来，以便查找原因。\n"
        "在从提问中学习之前，会尽量去掉姓名、地址和号码。Telegram 按自己的规则传送并保存这个聊天。\n\n"
        "提问和反馈的保存期限：{term}。老师确认过的问法会保存更久，但不再与你关联。\n\n"
        "/export 把全部内容发给你，/forget 全部删除。"
    ),
    kept_days="{days} 天",
    kept_until_forgotten="直到你输入 /forget",
    exported="这是保存的关于你的全部内容。",
    nothing_kept="没有保存任何关于你的内容。",
    forget_ask=(
        "这会删除你的提问、反馈和消息、你的化名以及这个聊天的号码。如果你是老师，之后就不再是了；"
        "你为课程所做的会保留，但不再与你关联。此操作无法撤销。"
    ),
    forget_yes="全部删除",
    forget_no="保留",
    forget_kept="没有删除任何内容。",
    forget_done="已删除：{questions} 个提问、{reactions} 个反馈、{messages} 条消息，以及你的身份信息。",
    forget_versions="从你的提问中学习过的模型版本：{versions}。运行者可以看到这一点，并重新训练不含这些内容的版本。",
    forget_alike="有老师写过与你完全相同的问题。那是老师的内容，会保留。",
    forget_backups="此前的备份在被新备份替换之前仍含有这些内容。",
    command_privacy="保存了关于你的什么",
    command_export="导出关于你的全部内容",
    command_forget="删除关于你的全部内容",
    command_start="开始，并了解隐私说明",
    command_help="我能做什么",
    command_course="选择课程",
)
