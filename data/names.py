"""Names of people in what students write, found by what stands around them: "my name is", "Dear", "同学".

The lists settle what the context leaves open; methods, products and well-known researchers are no one in the course.
"""

import re
from collections.abc import Callable, Iterator

from data.name_lists import FAMOUS, GIVEN, METHODS, NO_NAME, NO_NAME_ZH, PINYIN

Span = tuple[int, int]

_SYLLABLES = re.compile(r"(?:(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?[aeiouü]{1,3}(?:ng|n|r)?){1,3}")

_LOW, _UP = "a-zß-öø-ÿā-ɏ", "A-ZÀ-ÖØ-ÞĀ-ɏ"
_TITLE = (
    rf"(?:Mc|Mac|[ODL]['’])?[{_UP}][{_LOW}]{{1,20}}(?:-[{_UP}]?[{_LOW}]{{1,20}}|['’][{_UP}][{_LOW}]{{1,20}}){{0,2}}"
)
_END = rf"(?![{_UP}{_LOW}\d_])"
_PARTICLE = r"(?:von|van|der|den|de|da|di|del|la|al|el|bin|ibn|ter|zu|dos)"
_NAME = (
    rf"(?P<out>(?:[A-Z]\.\s?){{0,2}}{_TITLE}{_END}"
    rf"(?:[  ](?:{_PARTICLE}[  ]){{0,2}}{_TITLE}{_END}|[  ][A-Z]\.(?=[  ,])|[  ][A-Z]{{3,12}}{_END}){{0,3}})"
)
_ANY = (
    rf"(?P<out>[{_UP}{_LOW}][{_UP}{_LOW}'’-]{{1,20}}{_END}(?:[  ][{_UP}{_LOW}][{_UP}{_LOW}'’-]{{1,20}}{_END}){{0,3}})"
)

# Chinese. The first surnames hardly begin another word; the others do, and need a clearer context.
_SURE = (
    "王李钱张刘陈杨赵吴徐孙朱胡郭梁宋郑韩唐冯董萧曹袁邓傅沈彭吕苏卢蒋蔡贾丁魏薛叶阎潘杜"
    "戴钟汪姜崔谭廖邹熊孟秦邱侯尹龚邵郝赖黎贺倪樊翟殷姚俞岳"
)
_OTHER = "谢曾范陆顾莫洪周黄高林马罗何程任方石金江史段雷白龙武康文严牛温易夏乔于余毛田汤葛庄邢施陶肖包齐向柳"
_COMPOUND = "欧阳|司马|上官|诸葛|慕容|夏侯|皇甫|令狐|公孙|端木"
_STOP = (
    "的了吗呢吧啊和与跟是在有我你您他她它们这那哪不没很也都就还又想请问说要会能为怎什么个从到对把被给让因所但或今年班级号来"
    "自者员老师同人某些用做写交"
)
_G = rf"(?![{_STOP}]|可[以能不]|学[生长姐妹弟习号校分期院])[一-龥]"
_EDGE = r"(?=$|[^一-龥]|[的了和与跟是在有我你您他她想请问说要会能今来从大刚老同也就都用没借不把给发让做写交抄拿帮])"


def _han(surnames: str, edge: str = "") -> str:
    whole = rf"(?:{_COMPOUND}|[{surnames}])(?:{_G}){{1,2}}"
    # The shorter name where the word after it can begin there: 王芳今年, not 王芳今.
    return rf"(?P<out>{whole}?{edge})" if edge else rf"(?P<out>{whole}?{_EDGE}|{whole})"


Accept = Callable[[re.Match[str]], int]  # how many characters of the group `out` are a name; 0 for none
_WORDS = re.compile(r"[^\s]+")


def names(text: str) -> Iterator[Span]:
    """Yield where names of people stand in the text; spans may overlap."""
    for pattern, accept in _RULES:
        for match in pattern.finditer(text):
            length = accept(match)
            if length:
                yield match.start("out"), match.start("out") + length


def _plain(word: str) -> str:
    return re.split(r"[-'’]", word.casefold().strip(".,"))[0]


def _length(match: re.Match[str], words: list[re.Match[str]]) -> int:
    """Return the length of the first words of the group up to one that is no name, particles at the end left out."""
    end = 0
    for word in words:
        if _plain(word[0]) in NO_NAME or word[0].casefold() in NO_NAME:
            break
        if not re.fullmatch(_PARTICLE, word[0]) or not end:
            end = word.end()
    return end


def _capital(match: re.Match[str]) -> int:
    """Take words with a capital, unless they go on as `I'm Chrome user` does."""
    words = list(_WORDS.finditer(match["out"]))
    after = match.string[match.end("out") :][:14]
    if re.match(r"\s?(?:students?|users?|beginner|major|developer|speaker|fan|level|mode)\b", after):
        return 0
    return _length(match, words)


def _person(match: re.Match[str]) -> int:
    """As `_capital`, where a method may stand as well."""
    return 0 if _plain(match["out"].split()[0]) in METHODS else _capital(match)


def _told(match: re.Match[str]) -> int:
    """Take what is called a name, also in small letters: then one word, and a second that ends the phrase."""
    words = list(_WORDS.finditer(match["out"]))
    if words[0][0][0].islower():
        return _length(match, words[: 2 if _ends(match, words) else 1])
    capital = next((i for i, word in enumerate(words) if word[0][0].islower()), len(words))
    return _length(match, words[:capital])


def _given(match: re.Match[str]) -> int:
    """Take a known first name with the surname after it, unless the whole is a well-known researcher."""
    words = list(_WORDS.finditer(match["out"]))
    if _plain(words[0][0]) not in GIVEN or (len(words) > 1 and _plain(words[1][0]) in FAMOUS):
        return 0
    return _told(match)


def _given_capital(match: re.Match[str]) -> int:
    return _given(match) if match["out"][0].isupper() else 0


def _someone(match: re.Match[str]) -> int:
    """Take a known first name, or two words with a capital."""
    return _given(match) or (_person(match) if " " in match["out"] else 0)


def _full(match: re.Match[str]) -> int:
    """Take a known first name with its surname, or a Chinese name of two words in Latin letters."""
    words = match["out"].split()
    if len(words) < 2 or _plain(words[-1]) in FAMOUS or _plain(words[1]) in NO_NAME:
        return 0
    pair = [_plain(word) for word in words[:2]]
    chinese = any(word in PINYIN for word in pair) and all(map(_SYLLABLES.fullmatch, pair))
    return _capital(match) if pair[0] in GIVEN or (chinese and len(words) == 2) else 0


def _ends(match: re.Match[str], words: list[re.Match[str]]) -> bool:
    """Say whether the phrase ends after the second word."""
    if len(words) < 2:
        return False
    after = match.string[match.start("out") + words[1].end() :][:6]
    return re.match(r"\s*(?:$|[,.!;:?()\n]|and\b|from\b)", after) is not None


def _chinese(match: re.Match[str]) -> int:
    rest = match.string[match.start("out") : match.end("out") + 2]
    return 0 if rest.startswith(NO_NAME_ZH) else len(match["out"])


def _rule(before: str, out: str, accept: Accept, after: str = "") -> tuple[re.Pattern[str], Accept]:
    # The name itself stands in a lookahead: what one rule refuses is open to the next match.
    return re.compile(rf"{before}(?={out}{after})"), accept


_I = r"(?i:\b(?:i am|i['’]?m|i['’]am)\s+(?:also\s+|again\s+)?)"
_IT = r"(?i:\b(?:this is|here is|here['’]?s|it is|it['’]?s)\s+(?:me,?\s+)?)"
_HI = r"(?:hi|hello|hey|hallo|hiya|good (?:morning|evening|afternoon)|greetings)"
_THANKS = r"(?:thanks|thank you|thx|cheers|regards|sincerely|yours|greetings|best wishes)"
_ROLE = (
    r"(?:friend|class ?mate|room ?mate|flat ?mate|team ?mate|group ?mate|colleague|partner|tutor|ta|teacher|professor"
    r"|prof|lecturer|supervisor|instructor|advis[eo]r|boyfriend|girlfriend|brother|sister|cousin|mother|father|mom|dad"
    r"|wife|husband|buddy|boss|neighbou?r|mentor|student|mate)s?"
)
_WHOSE = rf"(?i:\b(?:my|our|his|her|their|fellow)\s+(?:\w+ )?{_ROLE}(?:,| is| named| called|:)?\s+\(?)"
_TITLES = "(?=老师|教授|助教|同学|博士|讲师|导师|院士|主任|学长|学姐|师兄|师姐|师弟|师妹|班长|辅导员)"
_KNOWN = "(?:老师|教授|助教|同学|室友|舍友|朋友|学长|学姐|师兄|师姐|同桌|导师|班长|组员|队友|组长|队长|搭档)"
_MINE = (
    "(?:我(?:的)?(?:中文|英文|全|真)?(?:名字?)?(?:叫做?|名叫|是叫)|我的(?:中文|英文)?名字?是|我的姓名是"
    "|本人叫?|姓名[:：]|署名[:：])"
)
_AFTER = "(?<=[我们的是和跟与同问找请叫给向让对把被了由从及说听见到去像好迎告里])"
_RULES = (
    _rule(
        r"(?i:(?:\bmy (?:\w+ )?|^)name(?:['’]s| is)\s+|\bmy (?:\w+ )?name:\s+|\b(?:i am|i['’]?m) (?:called|named)\s+)",
        _ANY,
        _told,
    ),
    _rule(r"(?i:\b(?:calls? me|i go by|full name:|student name:)\s+)", _NAME, _capital),
    _rule(_I, _NAME, _capital),
    _rule(_I, _ANY, _given),
    _rule(r"(?i:\bwe(?: are|['’]re)\s+)", _NAME, _person, r"(?:,| and| &)"),
    _rule(r"<name>,? (?:and|&|und|or|/) ", _NAME, _person),
    _rule(r"(?i:\b(?:members?|partners?|authors?):\s*(?:[^\n,]{1,40}, ?){0,6})", _NAME, _person),
    _rule(_IT, _ANY, _given),
    _rule(rf"(?i:\b{_HI}\b[^.?:\n]{{0,20}}?[,! ]){_IT}", _NAME, _person, r"(?:\s*[,.!(\n]|\s*$| from\b| here\b)"),
    _rule(rf"(?i:\b{_HI}[,!. ]\s*)", _NAME, _person, r" here\b"),
    _rule(_IT, _NAME, _person, r" (?:from (?:group|team|your|class|tutorial)|speaking|here|again)\b"),
    _rule(r"(?:^|(?<=[\s,]))", _ANY, _given, r" here\s?[,.!:–-]"),
    _rule(_WHOSE, _NAME, _person),
    _rule(_WHOSE, _ANY, _given),
    _rule(rf"(?i:\b{_ROLE} (?:named|called) )", _NAME, _person),
    _rule(rf"(?i:\bthe {_ROLE},? (?:\(|named |called )?)", _NAME, _given_capital),
    _rule(
        r"(?i:\bdear\s+(?:(?:mr|mrs|ms|mx|dr|prof|professor|frau|herr|miss|tutor|teacher|ta)\b\.?\s+){0,2})",
        _NAME,
        _capital,
    ),
    _rule(
        rf"(?i:(?:^|(?<=[\n.!?,] )|(?<=\n))(?:{_HI}|{_THANKS})(?: again| so much)?,?\s+)",
        _NAME,
        _person,
        r"\s*(?:[,.!?\n:]|$)",
    ),
    _rule(rf"(?i:\b(?:{_HI}|{_THANKS}|dear)[, ]\s*)", _ANY, _given),
    _rule(
        r"(?:\b(?i:prof(?:essor)?|dr|mr|mrs)\b\.?|\bMs\b\.?|\bFrau|\bHerrn?)\s+(?:(?i:dr|prof)\b\.?\s+)?",
        _NAME,
        _capital,
    ),
    _rule(r"(?i:\b(?:mr|mrs)\b\.?\s+)", _ANY, _told),
    _rule(rf"(?i:\b(?:{_THANKS}[,!.]*\s+|best[,!.\n]\s*))(?:[–—-]\s*)?", _NAME, _person, r"\s*[.!]?\s*$"),
    _rule(r"\n\s*[–—-]?\s*", _ANY, _given, r"\s*[.!]?\s*$"),
    _rule(
        r"(?i:\b(?:ask|asked|told|tell|met|emailed|contact|contacted|with|and|from|by|to)\s+)", _NAME, _given_capital
    ),
    _rule(rf"(?<![{_UP}{_LOW}\d_-])", _NAME, _someone, " (?:and (?:I|me|my)|told me|said to me)\\b"),
    _rule(r"\b", _NAME, _given_capital, r"(?:['’]s\b| (?:told|said|says|wrote|asked|sent|showed|gave)\b)"),
    _rule(rf"(?<![{_UP}{_LOW}\d_-])", _NAME, _full),
    _rule(rf"{_MINE}\s*", _han(_SURE + _OTHER), _chinese),
    _rule(r"我叫做?\s*", rf"(?P<out>(?:{_G}){{2,3}})", _chinese, r"(?:$|[^一-龥])"),
    _rule(r"(?i:\b(?:name is|call me|i['’]?m|i am|this is|with|ask|and)\s*)", _han(_SURE + _OTHER, _EDGE), _chinese),
    _rule(rf"{_MINE}\s*", _ANY, _told),
    _rule(r"(?:[中英]文名|名字)(?:是|叫|[:：])\s*", _NAME, _person),
    _rule(r"[中英]文名(?:是|叫|[:：])\s*", _han(_SURE + _OTHER), _chinese),
    _rule(r"我是\s*", _NAME, _person, r"\s*(?:$|[,，.。!！~\n]|同学|来自)"),
    _rule(r"(?:我|这|这里|这边)是\s*", _han(_SURE + _OTHER, _EDGE), _chinese),
    _rule(r"我是[^，。,.!！?？\n]{1,14}的\s*", _han(_SURE + _OTHER, r"(?=$|[^一-龥])"), _chinese),
    _rule(rf"(?:(?<![一-龥])|{_AFTER})", _han(_SURE + _OTHER, r"(?=[，,、\s]*(?:学号|工号|邮箱|手机|电话))"), _chinese),
    _rule(rf"(?:(?<![一-龥])|{_AFTER})", _han(_SURE, "(?=说(?!明)|告诉)"), _chinese),
    _rule(r"(?<![一两几每这那])", rf"(?P<out>(?:{_COMPOUND}|[{_SURE}])(?:{_G}){{0,2}}){_TITLES}", _chinese),
    _rule(
        rf"(?:(?<![一-龥])|{_AFTER})(?<![在由对]于)",
        rf"(?P<out>[{_OTHER}](?<![在由对]于)(?:{_G}){{0,2}}){_TITLES}",
        _chinese,
    ),
    _rule(rf"{_KNOWN}\s*[:：,，是叫]?\s*", _han(_SURE, _EDGE), _chinese),
    _rule(rf"{_KNOWN}\s*[:：]?\s*", _han(_OTHER, r"(?=$|[^一-龥]|[和跟与说])"), _chinese),
    _rule("(?:[她他人]|名字|学生|同学|朋友|室友|老师)(?:名叫|是叫|叫做?)\\s*", _han(_SURE + _OTHER), _chinese),
    _rule(
        rf"(?:(?<![一-龥])|{_AFTER})", _han(_SURE, "(?=的(?:作业|学号|成绩|电脑|代码|笔记|邮箱|电话|报告))"), _chinese
    ),
    _rule(_AFTER, rf"(?P<out>[小老][{_SURE}])", _chinese, r"(?=[^一-龥]|$|[一说和跟与在的是也])"),
    _rule(r"<name>[、,，和]\s?", _han(_SURE + _OTHER, r"(?=$|[^一-龥])"), _chinese),
    _rule(r"[和跟与]\s*", _han(_SURE, "(?=一组|一起|合作|组队|同组|讨论)"), _chinese),
    _rule(
        r"(?:\n|谢谢[!！。，,~]?\s+|——\s*|(?i:\bhi|\bhello|\bdear|嗨|你好|您好|亲爱的|[@＠])[,， ]*)",
        _han(_SURE, r"(?=$|[^一-龥])"),
        _chinese,
    ),
)
