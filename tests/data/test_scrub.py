"""People leave no trace in what is learned from, and what the course is about stays as it was typed.

Every person, number and address here is made up.
"""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.scrub import PLACEHOLDERS, is_empty, scrub

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
MIN_RECALL = 0.95  # of what stands in brackets
MIN_EXACT = 0.9  # of the sentences in which nothing else changes either

# What points to a person stands in brackets.
ENGLISH = """
my name is [Anna Schmidt], how do I hand in my homework
Hello, my name is [Kaveh Rostami] and I cannot open sheet 3
hi my name is [tom] can i still join a group
my name is [lena becker], where do I find my score
MY NAME IS [PETER LANG] AND MY UPLOAD FAILED
My full name is [Mary-Jane O'Connor]. Is it too late to register?
my name's [Priya], I missed the exam
You can call me [Yusuf]. When is the next tutorial?
I'm [Wei Zhang] from group 4, my accuracy is 0.25
I'm [Ingeborg], can I change my group?
I am [Dimitrios Papadopoulos] and I would like to see my exam
i'm [sarah], how long may the report be
im [lukas weber], i lost my password
Hi, I'm [Adam] from the Tuesday class, where is sheet 2?
this is [Anna] from group 7, we cannot log in
Hello, this is [Rosalind Achterberg]. Which room is it?
this is [Kwame] from group 2, our upload failed
hi, here is [Tom], what is a learning rate?
Prof. [Miller] said lr 2e-5 is fine, is that so?
this is Prof. [Miller], please check the deadline
Did Professor [Haverkamp] move the deadline?
Is Dr. [Nguyen] the one who grades essays?
I asked Mr. [Brown] and he told me to use BERT
can mr [brown] give me an extension
Dear Mr [Brown], may I hand in late?
Dear Mrs. [Lopez-Garcia], what does F1 mean?
Dear Prof. [Okonkwo], when is the exam?
Dear [Tobias], which optimizer should we use?
Hi [Tom], how do I freeze layers?
hey [jonas], what is the batch size again
Hello [Svetlana], is 16384 too long?
Thanks [Marie]! And how do I save a checkpoint?
Where do I submit? Thanks, [Bartholomew]
How do I cite a model? Best regards, [Annika Lindqvist]
my friend [Anna Schmidt] got a better score with the same code
my classmate [Ravi Deshpande] says we may share code, is it true
our tutor [Benedikt] did not answer
I work with [Anna] on sheet 2, do both upload?
can I ask [Daniel] from the other group for his data?
[Emma]'s notebook crashed, can I copy mine?
is it ok if [Julian Hoffmann] and I hand in one file
[Zhang Wei] and me are one group, may [Li Na] join?
write to me at [anna.schmidt@uni-example.de] please
my mail is [tom92@example.com], did you get sheet 4?
answer to [wei_zhang (at) example.org] if possible
you can reach me at [+49 351 4631 2345]
call me at [555-867-5309] if the server is down
my phone is [0176 2345 6789], when is the meeting
my matriculation number is [4711023], why am I not on the list
Matrikelnummer: [3945 112], Prüfung bestanden?
student id [s1234567], my score is missing
student number [2021-33-8712] cannot log in
I am [s7654321] and the cluster rejects my password
id [20214477], please check my submission
my user is [ab1234567], login fails
passport number [C01X00T47] for the exam registration?
why is [https://moodle.example.edu/submit.php?id=4&token=9f8a7c6b] broken, is it expired
my draft is at [https://docs.example.com/document/d/1aBcD3FgH5jKlM7nOpQ9rS/edit], can you look?
write to [@anna_sch92] on Telegram about the group
add me, telegram: [anna_sch92], for the project group
my wechat id is [wx_lilei88]
IBAN [DE89 3704 0044 0532 0130 00] for the refund of the fee
good morning! i am [Chidinma] and i have trouble with exercise 2
hi, [Thorben] here. when does the next lab start?
Hey there, it's [Mia] again, still the same CUDA error
sorry my partner [Oleksandr] dropped the course, can i continue alone
My name: [Haruka Tanaka], question: how to pad sequences?
Could you please forward this to Prof [Albrecht]?
according to Dr. [Kim] we don't need warmup
I am a student of Professor [Jean-Pierre Dubois]
I'm [José Martínez], why is my macro F1 so low
we are [Ben] and [Laura], group 12, where do we upload
Group members: [Felix Braun], [Nele Hartmann]
my tutor is Mr [Osei], is he on leave?
my student ID is [3128-4471-09], please add me to Moodle
Matr.-Nr. [1845522], wann ist die Klausur
ID number [K2203817], exam room?
Could you email me at [j.doe+ml@students.example.ac.uk]?
contact: [maria(at)uni-example(dot)de]
my number is [07700 900123]
WhatsApp [+34 612 34 56 78] works best for me
tel. [(0351) 463-38465]
ping [@mueller_t] about the dataset
my discord is [neo#4821]
Best, [Franz]
Kind regards, [Amara Diallo]
cheers [Liam]
[Sophie] told me that dropout is off at test time
can [Markus] and me swap presentation slots?
I share a GPU with [Fatima], our jobs collide
Mr. [O'Neill] uploaded the wrong slides
Ms. [Park]'s slides say 3e-4
my name is [nguyen van an], can i retake
I am [Li Xiaolong], my login is [lx2187391]
the TA ([Henrik]) said no late submissions
my supervisor Dr. [Elif Yılmaz] wants 5 seeds
Hi! I'm [Zeynep], a first-year student, and I'd like to know how dropout works.
Hello professor, my name is [Alistair Cunningham] and I missed the deadline.
its [Marta] again, the link to sheet 5 is dead
name's [Gustavo], quick question about epochs
Hi this is [Ngozi] (group B), does padding count as tokens?
could Prof. [Castellanos] please upload the slides?
In the tutorial of Ms [Vandenberg] we used a smaller model
[Hugo] and I trained the same seed but got other results
I borrowed code from my roommate [Dariusz], is that plagiarism?
Please tell [Amelie] that her session blocks the GPU
Dear Professor [Yamamoto], is attendance mandatory?
Good evening Dr. [Eriksson], where is the reading list?
Best wishes, [Nadia Haddad]
thank you [Rohan]
my matric no is [A0198765X], am I enrolled?
Student No. [40087712] - wrong group on Moodle
my student number: [90 12 345], login error
you can text me on [+1 (415) 555-0132]
phone: [0221-4703840]
mail me: [k.o_brien99@students.uni.example]
send it to [mvogel@cs.uni-example.de] and [t.berg@example.net] please
my telegram is [@mvogel_77]
Is the TA named [Oluwaseun] responsible for grading?
I'm sitting next to [Patricia], same error on her laptop
our team: [Lena Vogt], [Omar Said]
The grader, Mr [Feng], took 3 points for naming
Can you check whether [Elena Petrova] already uploaded for our group?
"""
CHINESE = """
我叫[王小明]，作业什么时候交
我叫[王芳]请问怎么提交作业
你好，我叫[欧阳雪]，请问考试范围
大家好，我叫[阿强]。怎么安装环境
我的名字是[陈静怡]，能补交吗
我的名字叫[赵磊]，为什么没有成绩
我是[李雷]，请问学习率怎么选
老师您好，我是[韩梅梅]，我的作业传不上去
我是[周杰]同学，想问一下截止时间
我是 [Kevin]，怎么冻结层
我叫 [Tom]，请问什么是微调
本人叫[刘思远]，申请延期
姓名：[孙悦] 请帮我查一下分数
[张]老师说学习率用 2e-5，对吗
请问[李]教授什么时候答疑
[王]助教在吗，这题怎么做
[陈建国]老师的课有录像吗
找[黄]老师签字可以吗
[高]老师，作业可以晚交吗
[诸葛]老师的办公室在哪
我和[刘洋]同学一组，可以只交一份吗
同学 [王芳] 的代码和我一样怎么办
我的室友[徐浩]也报错了
我朋友叫[林志远]，他能旁听吗
我想和[郑爽]一组可以吗
[赵敏]的作业为什么分比我高
你好[张伟]，请问答疑时间
谢谢！ [吴倩]
我的学号是[2021123456]，为什么没成绩
学号[2021123456]，帮我查一下
学号：[SA21011001] 作业没显示
学生证号是[20210345]，登录不了
我的手机号是[13812345678]，加我
电话 [138-1234-5678] 可以联系我
打给我 [010-62781234]
我的邮箱是[lilei@example.cn]，收不到通知
邮箱 [wangfang2021@mail.example.edu.cn]谢谢
我的微信号是[lilei_2021]，拉我进群
QQ [1234567891]，求组队
身份证号[11010519491231002X]可以吗
请 [@anna_lei] 看一下这个报错
您好，我是计科2101班的[李子涵]，作业二怎么提交
我是[陈]同学，想请个假
我叫[司马青云]，是旁听生
我是大二的[王浩然]，请问能换组吗
助教您好，我是[吴迪]，分数有误
老师好，我叫[刘畅]，学号是[20230718]
我的学号[22371045]，选课没成功
学号为[B20041234]的作业没有分数
这里是[赵一鸣]，服务器连不上
[周]老师布置的论文在哪看
听[何]教授说不用调学习率
[林]助教给的代码跑不通
请转告[马]老师我明天缺席
[徐志强]同学的报告可以参考吗
同桌[孙丽]用的是同样的模型
室友[杨帆]借了我的电脑
我和[张晓宇]合作可以吗
我朋友[郭靖]没交作业会怎样
组长是[胡一刀]，他没回消息
加我微信 [zhao_lei99] 讨论
联系电话：[15912340987]
手机[186 1234 5678]
邮箱是[zhangsan@example.com]吗
发到 [1234567@qq.com] 就行
我的邮箱[li.ming@example.org]收不到验证码
[王老五]，学号[2019004321]，申请缓考
英文名是[Jason]，中文名是[罗杰]
Hi, 我是[Lily]，怎么选批大小
我叫[Michael Chen]，作业延期可以吗
QQ群里[刘强]说可以用Adam
我是[郑凯文]，加入不了课程群
助教好，我叫[覃晓]，想问评分标准
老师，我是[冯]同学的组员，可以换题吗
请问[宋]教授的讲义在哪下载
[彭]老师说BERT不用改词表，是真的吗
能不能让[谭]助教重新批改一下
我叫[安娜]，交换生，能用英文写报告吗
我是研一的[蒋文博]，服务器账号没收到
我同学[白雪]也遇到显存不足
跟[钱程]组队的人还能加吗
昨天[唐]老师讲的预热是什么
我的学号：[3220101234]，选错组了
学号 [U202112345] 提交失败
电话是[17712349876]
可以发到我邮箱[liuyang_88@example.com.cn]吗
微信[abc_1997]加一下
[张晓明]老师和[李华]老师谁负责成绩
我和[小张]一起做的，能一起交吗
组员：[陈晨]、[刘星]
我叫[李可欣]，怎么查分
"""
# Nothing in here is about a person.
COURSE = """
lr 2e-5 or 3e-5 with batch size 32?
is 16384 tokens too long, and 1048576?
why does port 8080 not answer, and 127.0.0.1:8000
CUDA error 700 and exit code 139, what do they mean?
error code 2147942405 when I install torch 2.8.0+cu126
the exam is on 2026-02-14 at 13:45 in room 0351
from 12.10.2025 to 14/10/2025, or 20251014?
BERT has 109482240 parameters and RoBERTa 124645632
my vocabulary has 30522 words, 1234567 rows and 12345678 tokens
seed 20240917 or random_state=123456789?
Tried to allocate 2147483648 bytes
layers 784-512-1024 or 768-256-128?
hidden sizes 1024-2048-4096 and 100 200 3000
p < 0.00012345, loss 0.123456789, pi is 3.14159265
arXiv 1810.04805, arXiv:1706.03762, doi 10.18653/v1/2020.acl-main.740
ISBN 978-3-16-148410-0 is the book?
SHA-256 53aa51172d142c89d9012cce15ae4d6c and commit 1a2b3c4
fp16, bf16, int8, sm_80, a100, rtx4090, cs224n, KB5005565
Is Adam better than AdamW or SGD? Adam has beta2 = 0.999
why is it called Adam? I use Adam with Dropout
BERT, ALBERT, ELMo, ERNIE, Claude and Florence are models?
I am confused
I'm Not sure what a gradient is
I'm Using BERT on Colab, I'm New here
I Am Not Sure Why This Fails
I am German, may I write in German?
I'm Chrome user, I am Informatik student, I'm Python beginner
I'm Mac user and I am on Windows 11
I am ill: can I get an extension?
im in brazil rn, im not sure, im lost
this is Python, this is Keras, this is Adam
This is Stochastic Gradient Descent, right?
This is Bayes rule. This is Layer Normalization.
here is my code, here is Python code, here's what I did
it's Monday, it is March, it's Gaussian
Hello World prints nothing
Hi there, hello everyone, hey all, dear tutor, dear sir or madam
Hi Team, thanks! Thank you very much
my name is not on the list, my name is wrong, my user name is admin
the name is missing in the column Name: model
name: adam, lr: 0.001, name: Random Forest
call me stupid, call me back, call me when it is done
what is teacher forcing, Teacher Forcing, Professor Forcing?
my teacher model is bigger than my student model
is our student Bert smaller than our teacher Model?
prof keeps saying the thing carries over, prof said no
20 ms per step, MS MARCO and ms marco, dr is dropout rate
Andrew Ng's course, Geoffrey Hinton, Sebastian Ruder and Thomas Bayes
Jensen-Shannon, Kullback-Leibler, Kolmogorov-Smirnov, Gauss and Newton
which is best? Adam. Which is best, Keras or PyTorch?
use @property or @dataclass, @torch.no_grad() and @app.route("/x")
watch https://www.youtube.com/watch?v=BgAlVknDFlQ&list=PL3MmuxUbc_hJed7dXYoJw8DoCuVHhGEQb
"@type": "array", needed 4294967296 available 4067422208
precision@5, recall@10, P@k and x @ W.T, q@k.transpose(1, 2), a@b
git clone git@github.com:org/repo.git
see https://arxiv.org/abs/1801.06146 and https://pytorch.org/docs/stable/nn.html?highlight=adam#torch.nn
https://github.com/huggingface/transformers/issues/12345 says so
python train.py --lr 2e-5 --seed 42 > log_20240101.txt 2>&1
for i in range(1000000): x[i] = i ** 2 + 1e-8
softmax(QK^T / sqrt(d_k)) V, O(n^2), 2^32 - 1 = 4294967295
0x80070005, 0b11010110, 1e10, 1_000_000, 1,000,000, 10 000 000
from 0.5 to 1.0, 80/10/10 split, 5-fold, top-5, 3-4 epochs
timestamp 1700000000, job 12345678, version 20240101
2024 - 2025, 2019-2023, 24/7, 16:9, 9-17 Uhr
我是学生
我是新手，我是大一新生，我是高中生
我是程序员，我是文科生，我是计算机系的
我是周三提交的，我是先微调再评估，我是想问
我是 Python 初学者，我是 Windows 用户，我是用 Adam 训练的
我是江苏人，我是应届生，我是任课教师
我叫不出名字，我叫它模型
什么是张量？张量的形状，向量和余弦相似度
学习率 2e-5，批大小 32，序列长度 16384
端口 8080，错误码 10060，报错 2147942405
程老，课程老师什么时候答疑，任课老师是谁，语文老师
高中老师，班主任老师，为何老师给我扣分，如何老师
谢谢老师，感谢老师，关键在于老师
老师高度评价，老师安排的任务，同学们时间不够
老师马上来吗，同学方法不对，助教任务重
吴恩达老师的课，李宏毅老师的视频，李沐的书
高斯分布，马尔可夫链，薛定谔方程，范数，罗马
助教和老师，各位老师，全班同学，找同学组队，问老师
变量名字是什么，文件名字叫什么，姓名列要删吗
样本 1234567 条，共 12345678 个词，2024年10月1日
和张量一起算，跟方差一起看
学号那一列要不要去掉，手机上能用吗
列表 123456789 从大到小排序
谢谢，您好，请问 F1 怎么算
"""


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def plain(marked: str) -> str:
    return re.sub(r"\[(.*?)\]", r"\1", marked)


def without_persons(marked: str) -> str:
    return re.sub(r"@?\[.*?\]", "<>", marked)


def folded(text: str) -> str:
    return re.sub("|".join(PLACEHOLDERS), "<>", text)


def missed(marked: str) -> list[str]:
    scrubbed = scrub(plain(marked))
    return [person for person in re.findall(r"\[(.*?)\]", marked) if person in scrubbed]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_nearly_all_that_points_to_a_person_goes(text: str) -> None:
    marked = lines(text)
    persons = sum(line.count("[") for line in marked)
    left = {line: missed(line) for line in marked if missed(line)}
    recall = 1 - sum(map(len, left.values())) / persons
    assert len(marked) >= 40
    assert recall >= MIN_RECALL, left
    other = {line: scrub(plain(line)) for line in marked if folded(scrub(plain(line))) != without_persons(line)}
    assert 1 - len(other) / len(marked) >= MIN_EXACT, other


@pytest.mark.parametrize("text", lines(COURSE))
def test_what_the_course_is_about_stays(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize("file", sorted(SAMPLE.glob("*.csv")), ids=lambda file: file.stem)
def test_no_question_of_the_sample_course_changes(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    texts = [text for row in rows for text in (row["question"], *(row.get("alternates") or "").split("|"))]
    assert len(texts) > 50
    assert {text: scrub(text) for text in texts if scrub(text) != text} == {}


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("I'm Wei Zhang, s1234567, wei@example.com", "I'm <name>, <number>, <email>"),
        ("ask @anna_s92 or +49 351 463 12345", "ask <name> or <phone>"),
        ("see https://example.com/a?token=abc123.", "see <link>."),
        ("https://tom:secret@example.com/x and t.me/anna_s", "<link> and <link>"),
        ("我叫王小明，学号2021123456", "我叫<name>，学号<number>"),
        ("张老师的邮箱 zhang@example.cn", "<name>老师的邮箱 <email>"),
        ("ask\n@tom_b92\nplease", "ask\n<name>\nplease"),
        ("@data_loader\ndef load():", "@data_loader\ndef load():"),
        ("How do I cite?\n\nKind regards,\nAmara Diallo", "How do I cite?\n\nKind regards,\n<name>"),
    ],
)
def test_each_kind_has_its_placeholder(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


def test_a_text_of_placeholders_alone_is_empty() -> None:
    assert all(map(is_empty, ("", " ?! ", "<name>", "<name>, <number>!", scrub("anna@example.com"))))
    assert not any(map(is_empty, ("<name> a", "name", "你好 <name>", "5")))


PIECES = [re.sub(r"[\[\]]", "", line) for line in lines(ENGLISH + CHINESE + COURSE)]
WORDS = st.sampled_from(sorted({word for line in PIECES for word in line.split()} | set(PLACEHOLDERS)))


@given(st.text() | st.lists(WORDS, max_size=12).map(" ".join) | st.lists(WORDS, max_size=12).map("".join))
def test_scrubbing_never_fails_and_again_changes_nothing(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


def test_a_text_as_long_as_a_cell_is_scrubbed_at_once() -> None:
    for piece in ("a", "Anna ", "1 ", "王", "1-", "a.", "@a", "my name is ", "https://"):
        scrub(piece * (32_000 // len(piece)))
