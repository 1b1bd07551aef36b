"""Names of people in Chinese, and Latin ones where Chinese stands around them."""

import re

from data.name_lists import GIVEN_HAN, HAN_WORDS, MORE_SURNAMES, NO_NAME_ZH
from data.name_rules import ANY, NAME, person, rule, told

# Chinese. The first surnames hardly begin another word; the others do, and need a clearer context.
_SURE = (
    "王李钱张刘陈杨赵吴徐孙朱胡郭梁宋郑韩唐冯董萧曹袁邓傅沈彭吕苏卢蒋蔡贾丁魏薛叶阎潘杜"
    "戴钟汪姜崔谭廖邹熊孟秦邱侯尹龚邵郝赖黎贺倪樊翟殷姚俞岳"
)
_OTHER = "谢曾范陆顾莫洪周黄高林马罗何程任方石金江史段雷白龙武康文严牛温易夏乔于余毛田汤葛庄邢施陶肖包齐向柳"
# Those of the others that stand for a name also where little else says so.
_PLAIN = _SURE + "谢曾范陆顾莫洪周林罗何史段雷龙武康严牛夏乔余毛田汤葛庄邢施陶肖齐柳" + MORE_SURNAMES
_COMPOUND = "欧阳|司马|上官|诸葛|慕容|夏侯|皇甫|令狐|公孙|端木"
_STOP = (
    "的了吗呢吧啊和与跟是在有我你您他她它们这那哪不没很也都就还又想请问说要会能为怎什么个从到对把被给让因所但或今年班级号来"
    "自者员老师同人某些用做写交"
)
_G = rf"(?![{_STOP}]|可[以能不]|学[生长姐妹弟习号校分期院])[一-龥]"
_EDGE = r"(?=$|[^一-龥]|[的了和与跟是在有我你您他她想请问说要会能今来从大刚老同也就都用没借不把给发让做写交抄拿帮])"

_CLEAR = "(?=$|[^一-龥]|[的说和跟与也在让把给没借帮告])"


def _han(surnames: str, edge: str = "") -> str:
    whole = rf"(?:{_COMPOUND}|[{surnames}])(?:{_G}){{1,2}}"
    # The shorter name where the word after it can begin there: 王芳今年, not 王芳今.
    return rf"(?P<out>{whole}?{edge})" if edge else rf"(?P<out>{whole}?{_EDGE}|{whole})"


def _chinese(match: re.Match[str]) -> int:
    rest = match.string[match.start("out") : match.end("out") + 2]
    return 0 if rest.startswith(NO_NAME_ZH) else len(match["out"])


def _unlisted(match: re.Match[str]) -> int:
    """As `_chinese`, unless a word that is no name begins there."""
    return 0 if match["out"][:2] in HAN_WORDS else _chinese(match)


def _free(size: int) -> str:
    """Return a name with that many characters after the surname; where that is one, something has to end it."""
    edge = _CLEAR if size == 1 else ""
    return rf"(?P<out>(?:{_COMPOUND}|[{_PLAIN}])[{GIVEN_HAN}]{{{size}}}{edge})"


_TITLES = "(?=老师|教授|助教|同学|博士|讲师|导师|院士|主任|学长|学姐|师兄|师姐|师弟|师妹|班长|辅导员)"
_KNOWN = "(?:老师|教授|助教|同学|室友|舍友|朋友|学长|学姐|师兄|师姐|同桌|导师|班长|组员|队友|组长|队长|搭档)"
_MINE = (
    "(?:我(?:的)?(?:中文|英文|全|真)?(?:名字?)?(?:叫做?|名叫|是叫)|我的(?:中文|英文)?名字?是|我的姓名是"
    "|本人叫?|姓名[:：]|署名[:：])"
)
_AFTER = "(?<=[我们的是和跟与同问找请叫给向让对把被了由从及说听见到去像好迎告里系])"
_BEGIN = rf"(?:(?<![一-龥])|{_AFTER})"
RULES = (
    rule(rf"{_MINE}\s*", _han(_SURE + _OTHER), _chinese),
    rule(r"我叫做?\s*", rf"(?P<out>(?:{_G}){{2,3}})", _chinese, r"(?:$|[^一-龥])"),
    rule(r"(?i:\b(?:name is|call me|i['’]?m|i am|this is|with|ask|and)\s*)", _han(_SURE + _OTHER, _EDGE), _chinese),
    rule(rf"{_MINE}\s*", ANY, told),
    rule(r"(?:[中英]文名|名字)(?:是|叫|[:：])\s*", NAME, person),
    rule(r"[中英]文名(?:是|叫|[:：])\s*", _han(_SURE + _OTHER), _chinese),
    rule(r"我是\s*", NAME, person, r"\s*(?:$|[,，.。!！~\n]|同学|来自)"),
    rule(r"(?:我|这|这里|这边)是\s*", _han(_SURE + _OTHER, _EDGE), _chinese),
    rule(r"我是[^，。,.!！?？\n]{1,14}的\s*", _han(_SURE + _OTHER, r"(?=$|[^一-龥])"), _chinese),
    rule(_BEGIN, _han(_SURE + _OTHER, r"(?=[，,、\s]*(?:学号|工号|邮箱|手机|电话))"), _chinese),
    rule(_BEGIN, _han(_SURE, "(?=说(?!明)|告诉)"), _chinese),
    rule(r"(?<![一两几每这那])", rf"(?P<out>(?:{_COMPOUND}|[{_SURE}])(?:{_G}){{0,2}}){_TITLES}", _chinese),
    rule(
        rf"{_BEGIN}(?<![在由对]于)",
        rf"(?P<out>[{_OTHER}](?<![在由对]于)(?:{_G}){{0,2}}){_TITLES}",
        _chinese,
    ),
    rule(rf"{_KNOWN}\s*[:：,，是叫]?\s*", _han(_SURE, _EDGE), _chinese),
    rule(rf"{_KNOWN}\s*[:：]?\s*", _han(_OTHER, r"(?=$|[^一-龥]|[和跟与说])"), _chinese),
    rule("(?:[她他人]|名字|学生|同学|朋友|室友|老师)(?:名叫|是叫|叫做?)\\s*", _han(_SURE + _OTHER), _chinese),
    rule(_BEGIN, _han(_SURE, "(?=的(?:作业|学号|成绩|电脑|代码|笔记|邮箱|电话|报告))"), _chinese),
    rule(_AFTER, rf"(?P<out>[小老][{_SURE}])", _chinese, r"(?=[^一-龥]|$|[一说和跟与在的是也])"),
    rule(r"<name>[、,，和]\s?", _han(_SURE + _OTHER, r"(?=$|[^一-龥])"), _chinese),
    rule(r"[和跟与]\s*", _han(_SURE, "(?=一组|一起|合作|组队|同组|讨论)"), _chinese),
    rule(
        r"(?:\n|谢谢[!！。，,~]?\s+|——\s*|(?i:\bhi|\bhello|\bdear|嗨|你好|您好|亲爱的|[@＠])[,， ]*)",
        _han(_SURE, r"(?=$|[^一-龥])"),
        _chinese,
    ),
    rule(rf"{_MINE}\s*", _han(MORE_SURNAMES), _unlisted),
    rule(r"我是\s*", _han(MORE_SURNAMES, _EDGE), _unlisted),
    rule(_BEGIN, rf"(?P<out>[{MORE_SURNAMES}](?:{_G}){{0,2}}){_TITLES}", _unlisted),
    rule(rf"{_KNOWN}\s*[:：,，是叫]?\s*", _han(MORE_SURNAMES, _EDGE), _unlisted),
    rule(rf"(?:{_BEGIN}|(?<=学生))", _free(2), _unlisted),
    rule(rf"(?:{_BEGIN}|(?<=学生))", _free(1), _unlisted),
    rule(_BEGIN, rf"(?P<out>[小老][{_PLAIN}])", _unlisted, _CLEAR),
    rule(_BEGIN, rf"(?P<out>阿[{GIVEN_HAN}])", _unlisted, _CLEAR),
    rule(
        r"(?:[跟找]|联系人?|发给|转告|[@＠]\s?|学生|导师|朋友|室友|舍友|同桌|署名)[:：]?",
        rf"(?P<out>(?:{_COMPOUND}|[{_PLAIN}])(?:{_G}){{2}})",
        _unlisted,
    ),
)
