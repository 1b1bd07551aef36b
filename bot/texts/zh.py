"""What people read in Chinese."""

from bot.texts import Texts

ZH = Texts(
    welcome="你好！我用老师写好的内容回答关于{course}的问题。不知道的时候，我会直说。",
    privacy="你的提问和反馈会以化名保存，用来改进答案。请不要写出他人的姓名或号码。",
    help="直接输入问题即可。命令：/course 选择课程，/help 查看帮助。",
    console_help=(
        "直接输入问题。数字选择选项，+ 和 - 表示答案是否有用，t 转给老师。"
        "/course 选择课程，/help 查看帮助，/quit 退出。"
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
    gone="这个按钮对应的内容已经不在了，请重新提问。",
    failed="这里出了点问题，已经记录。请稍后再试。",
    not_recorded="现在无法保存记录，所以暂时不能回答。请稍后再试。",
    command_start="开始，并了解隐私说明",
    command_help="我能做什么",
    command_course="选择课程",
)
