"""Word lists for `data/names.py`: what settles whether a word is a person's name where the context leaves it open.

Files read: `given_names.txt` and `han_words.txt` beside this one; their first lines say where they come from.
"""

from pathlib import Path


def _listed(name: str) -> frozenset[str]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


# First names that are hardly ever anything else, so that they count in small letters and with little context.
_GIVEN_WORDS = """
aaron abdul abigail aditya adrian agnieszka ahmad ahmed aiden aisha alejandro alessandro alex alexander
alexandra alice alina amelie amir amit amy ana ananya anastasia anastasiya andrea andreas andrei andrew andrii
angela anil anita anja anke anna anne annika anthony anton antonio arjun arthur ava barbara ben benjamin birgit
bjorn brandon brian bruno camila carlos carmen caroline catherine charles charlotte chenxi chiara chloe chris
christina christoph christopher clara claudia connor cristina daniel daniela dave david deepak diana diego
dmitri dmitry dominik duc dylan edward elena elias elisabeth elizabeth emil emily emma eric erik ethan eva
fabian fatima felix fernando finn florian francesca franziska friedrich gabriel georg george giovanni giulia
hannah hans hao haoran harald harry haruto heike helen helena hendrik henrik henry hiroki hiroshi hugo hung ian
ibrahim igor ines ingrid iryna isabella ivan jakob jakub james jana jason javier jennifer jerry jessica jiahao
jiayi jim jing joanna joao joe johanna johannes john jonas jonathan jose joseph juan juergen julian justin
jürgen karin karl katarzyna kate katharina kathrin katrin kenji kevin khalid klara klaus konstantin kumar lars
laura lei lena leon leonie liam lily linda ling linh lisa lucas lucia luis luisa lukas magdalena manuel marcel
marco marek margaret maria marie mario markus martin martina matteo matthias mehmet mei melanie mia michael
michelle miguel mike mina ming minh mohamed mohammad mohammed monika moritz muhammad nadia nancy natalia nathan
neha nele nguyen nicolas nikita niklas nikolai nina noah oleksandr olena olga oliver olivia omar oscar oskar
pablo patricia patrick paul paula pawel pedro peter petra philip philipp pierre piotr pooja priya rachel rahul
ravi rebecca richard robert rohan ryan sabine sakura samantha samuel sandra sanjay sara sarah sean sebastian
sergej sergey simon sneha sofia sophia sophie stefan stefanie stephanie stephen steven sunil susan susanne sven
tanja thao thomas tim timo tobias tom tomas tommy tony trang ursula valentina vanessa veronika victor victoria
vikram viktor vincent vladimir wei wolfgang xiao xiaohong xiaoli xiaoming xin xinyi yan yasmin yichen yifan ying
youssef yue yuki yulia yusuf yuting yuxuan zhen zihan zoe
"""
GIVEN = frozenset(_GIVEN_WORDS.split()) | _listed("given_names.txt")

# Chinese surnames in Latin letters.
_PINYIN_WORDS = """
bai cai cao chen cheng cui deng ding dong du fang feng fu gao guo hao hou hu huang jiang jin kong lei li liang
lin liu lu luo ma meng pan peng qin qiu ren shen shi su sun tan tang tian wang wei wu xiao xie xiong xu xue yan
yang yao ye yu yuan zeng zhang zhao zheng zhong zhou zhu zou
"""
PINYIN = frozenset(_PINYIN_WORDS.split())

# Surnames of well-known researchers, after a first name: part of the course and no one in it.
_FAMOUS_WORDS = """
bayes bengio bishop chollet devlin euler gauss goodfellow hinton hochreiter howard huffman jurafsky karpathy
lecun lovelace manning mikolov mitchell newton ng ruder schmidhuber shannon sutskever turing vaswani wolf
"""
FAMOUS = frozenset(_FAMOUS_WORDS.split())

# Words that stand where a name would, with a capital or not.
_NO_NAME_WORDS = """
a able about above actually admin afraid after again alexa all almost already also always am amazon american an
anaconda and android any anyone anything apple april arab are as asian asking assistant at attention august
australian austrian average aware bachelor back bad based batch bayesian because been before beginner behind
being bernoulli best better between big blank bot both brazilian british bro broken buddy bulgarian busy but by
called can canadian cannot catholic chatgpt chinese christian christmas chrome class claude close code colab
colleagues colombian coming committee completely computer concerned confused could course cuda curious currently
czech danish data day dear december deep different directly displayed do docker does doing done down dr dude
dutch each easter easy edge egyptian either else empty english enough erasmus error european even ever every
everybody everyone everything exactly excel excited facebook facing familiar february fine finished finnish
firefox first folks following for forcing frau free french friday friends from full fully further gaussian
gemini german getting git github gitlab glad going gone gonna good google gradient great greek group guess guys
had half happy hard has have having he hello help her here herr hey hi his hope how however hungarian i if ill
im implementing in incorrect indeed indian indonesian installing instead intel interested into iranian irish is
israeli it italian its january japanese java javascript jewish july june jupyter just kaggle keras knowing
korean kubernetes ladies large last late layer learning lebanese left less let like linux listed little llama
looking loss lost ma'am mac machine madam mail many march markov master masters mate maybe me mean mentor
message meta mexican microsoft miss missing mistral mode model monday moodle more morning most mr mrs ms much
muslim mx my near nearly need neural never new next nigerian night no nobody none normal norwegian not nothing
november now number numpy nvidia october of off often ok okay old on once one only openai or other others our
out over overleaf pakistani pandas part per persian ph phd please poisson polish portuguese pretty probably
problem prof professor python pytorch question questions quite random reading ready really regarding right
romanian ruby running russian rust sad safari same saturday saved scala see september sequence serbian she
should shown sick sigmoid since sir siri sirs slack so softmax some someone something somewhat soon sorry
spanish speaking spelled spyder still stochastic struggling stuck student students studying such sunday support
sure swedish swiss syrian ta taking tas teacher team telegram tell tensorflow test thai thank thanks that the
their them then there these they thing this those thursday tired to today tomorrow too totally training transfer
transformer transformers trying tuesday tunisian turkish tutor tutors two ubuntu ukrainian unable under unknown
unsure until up us used user using very vietnamese vim vscode waiting was we wechat wednesday welcome well were
what when where which while who whoever whom why will windows wise with without wondering word words working
world worried writing written wrong yes yesterday yet you your zoom
"""
NO_NAME = frozenset(_NO_NAME_WORDS.split())

# First names that are methods or models as well: with little context they are left alone.
_METHODS_WORDS = """
adam adamw albert bert elmo ernie florence grace jensen julia lion max ray roberta rose
"""
METHODS = frozenset(_METHODS_WORDS.split())

# Chinese words that begin with a surname, and researchers.
_NO_NAME_ZH_WORDS = """
程序 程度 高中 高级 高年 高三 高一 高二 高校 高考 高度 高斯 马上 马虎 马尔 文科 文本 文件 文章
任课 任意 任务 任何 金融 江苏 江西 江南 方法 方案 方便 方向 方差 方式 方面 周一 周二 周三 周四
周五 周六 周日 周末 周天 周几 黄色 白色 白盒 严格 严重 温州 温度 石油 史学 于是 余弦 余下 何时
何种 曾经 谢谢 陈述 陆续 罗列 罗马 罗辑 胡说 范围 范数 张量 张贴 宋体 王者 洪水 夏令 夏季 龙头
毛病 易错 段落 雷达 雷同 孟加 苏州 莫名 莫非 唐朝 唐诗 宋词 秦朝 韩国 韩语 郑州 徐州 杭州 薛定谔
杜绝 潘多 莫斯 卢布 姜饼 丁类 向量 向下 向上 向前 向后 包括 包含 齐次 施加 田野 武汉 康复 肖像
庄严 叶子 叶节 钟头 汤姆 杨氏 吴恩达 李宏毅 李沐 李飞飞 周志华 李航 陈天奇 陈景 牛顿 顾名 贾里 彭博
张一 高材 钱包 钱数 钱不
"""
NO_NAME_ZH = tuple(_NO_NAME_ZH_WORDS.split())
HAN_WORDS = _listed("han_words.txt")

# Surnames that begin other words as well, beyond those of data/names.py: the word list has to rule these out.
MORE_SURNAMES = (
    "许祝阮纪霍屈尤鲁苗奚邬柯聂焦巫岑卞鲍祁詹耿鞠甄栾覃佟裴屠冉窦滕骆季阚麦闵晏涂蒲童费桂辛尚管闫柏宁凌郁席甘欧康孔车"
)
# What follows a surname in a name.
GIVEN_HAN = (
    "小大伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅鑫鹏飞斌宇浩凯欣怡涵轩梓雨桐子墨诗琪佳嘉俊豪哲瑞博文思远志建国"
    "庆春夏秋冬雪梦瑶瑾瑜晨曦阳晓东晴岚薇婷婕倩颖琳玲珊珍莉萍蓉蕾莹菲菁茜芸芷若兮妍妮娅娇媛嫣婉雅洁慧惠蕙馨心悦乐安宁康健"
    "永恒毅坚峰岩松柏林森木海江河波源泽润清澈沐霖云龙虎凤鸣鹤翔翰凌霄天航辉耀光亮星辰月昊旭昕昱景晟晖朗然烨炜煜焕灿烁煊熙"
    "铭锋钧锐锦钰铮银琛琦璐璇珂珺瑛琴瑟书礼义仁智信德贤良善美真纯一二凡可亦允元兆先克全冰利力加勋勤化千南卓卫厚双启周和唐"
    "圣培基堂堃增士壮天奇奎奕妙姗姿娥婵孝孟宏宗官宜宝实宣容宾家寅富寒寿少尧山川工巧帆师常年广庭开弘彤彦彩彪彬影征律忠念怀"
    "恩惟愉意慕成战才扬承护振捷政敬新方旺昌易映是显晋晗普智曼朋望朝本朴权来杨果柔栋树格桃梁楚楠欢正武殿民汉汝沁沂沛泉泓泰"
    "津洪流浩涵淇淑淼淳渊温湘溪滢漪潇潮澄澜灵炎炳烈照熊燕爱爽特玄玮珠理琰瑄璟甜田男白百盈益盛直相睿知石砚硕礼祖祥禄福禹科"
    "程稷立章竹笑筠素紫纪维罡羽翊翠耘聪胜胤能腾舟航艺艾芃芊芙芝花芬芮芯苏苑茂茗茵荣荷莎莲萌萧萱蒙蓓蓝蔚藻虹融行衍裕西言誉语"
    "诚谊谦豫贝越跃路达运进迪通逸道遥邦郁酉野金鉴铁铎长闻阔隆雁雄雅雯雷霆霏霜露青靖非韬韵顺颂风飞首香馥骁骏高鸿麒麦默黎"
)
