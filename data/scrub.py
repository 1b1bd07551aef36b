"""Take people out of what students write: names, numbers, addresses, before a wording becomes an example.

By rule, in English and Chinese (names: data/names.py). What the course is about stays as it was typed: learning rates,
sizes, versions, dates, times, ports, error codes, formulas, code.
"""

import re
from collections.abc import Iterable, Iterator

from data.names import names

PLACEHOLDERS = ("<email>", "<phone>", "<number>", "<name>", "<link>")
_PLACEHOLDER = re.compile("|".join(PLACEHOLDERS))

Span = tuple[int, int]

_LINK = re.compile(
    r"(?:https?://|www\.|(?<![\w./@-])(?:t\.me|(?:github|gitlab|linkedin|facebook|instagram|twitter)\.com)/)"
    r"[!#-;=?-~]{1,2000}"
)
# What only one person has in a link: a parameter, a login, an account, or a long mix of letters and digits.
_PERSONAL = re.compile(
    r"(?i:[?&#;](?:access_?|id_?|auth_?)?(?:token|key|auth|pwd|passw\w*|sess\w*|sid|user\w*|uid|sig\w*|secret|e?mail)=)"
    r"|//[^/\s@]+@|^(?:https?://)?t\.me/|/~\w|(?:linkedin|facebook|instagram|twitter)\.com/\w"
    r"|(?:github|gitlab)\.com/[\w-]+/?$"
    r"|(?<![a-zA-Z\d])(?=[a-zA-Z]*\d)(?=[a-z\d]*[A-Z])(?=[A-Z\d]*[a-z])[a-zA-Z\d]{16,}"
)
_PUBLIC = re.compile(r"https?://(?:[\w-]+\.)?(?:youtube\.com|youtu\.be|bilibili\.com|arxiv\.org)/")
_EMAIL = re.compile(
    r"(?<![\w.+-])(?!git@)[A-Za-z0-9À-ɏ_.+%-]{1,64}(?:[@＠]|\s?[\[({<]\s?(?i:at)\s?[\])}>]\s?|\s(?i:at)\s(?=\S{1,63}\s(?i:dot)\s))"
    r"(?:[A-Za-z0-9-]{1,63}(?:\.|\s?[\[({<]\s?(?i:dot)\s?[\])}>]\s?|\s(?i:dot)\s)){1,6}"
    r"(?:[a-z]{2}|[A-Z]{2}|(?i:com|org|net|edu|info|mail|name|email|online|cloud|example|test))(?![A-Za-z0-9_(]|\.\w)",
    re.ASCII,
)
_HANDLE = re.compile(
    r"(?<![A-Za-z0-9_@＠./\\)\]])[@＠][A-Za-z][A-Za-z0-9_]{3,31}"
    r"(?![A-Za-z0-9_({/:\[\"']|\.\w|\s*\n\s*(?:@|async |def |class ))"
)
_CODE_WORDS = """property dataclass dataclasses staticmethod classmethod override overload contextmanager cache wraps
lru_cache fixture pytest torch functools abstractmethod njit param return returns article inproceedings misc book
media import everyone channel here callback author"""
_NO_HANDLE = frozenset(_CODE_WORDS.split())
_ACCOUNT = re.compile(
    r"(?:(?i:\b(?:wechat|weixin|telegram|whatsapp|skype|discord|instagram|insta|github|gitlab|snapchat|signal|line id))"
    r"(?i:\s*(?:id|handle|name|account|user(?:name)?|号))?\s*(?:is|is:|是|为|:|：|=|(?=live:))"
    r"|(?:微信|抖音|微博|小红书|知乎|\b(?i:vx|wx))号?[是为:：]?)\s*"
    r"(?P<out>(?:live:)?(?=[A-Za-z.#-]*[\d_.])[A-Za-z][A-Za-z0-9_.#-]{3,31}(?<![.-]))"
)
_LABELLED_NUMBER = re.compile(
    r"(?:(?i:\b(?:matriculation|matrikel|matric|matr|mat|student|registration|reg|enrol?lment|candidate|exam|passport"
    r"|personal|roll|tax|social security|insurance|library card|bank account)[. -]{0,2}"
    r"(?:id|number|nummer|no|nr|num)\b\.?|\b(?:matnr|matrikelnr|my id|id (?:number|no|card)\.?|uid|passport"
    r"|user ?(?:name|id)|my (?:login|user|card)|ssn|iban|qq)\b)"
    r"|学生?证?号码?|工号|准?考证?号|身份证号?码?|护照号?码?|卡号|学籍号|编号|账号|扣扣号?|[Qq][Qq]?(?:群主|群)?号?)"
    r"[\s:：=#(（]*(?:(?:is|was|are|being|as|是|为)\b)?[是为\s:：=#]*"
    r"(?P<out>[A-Za-z]{0,4}[ -]?\d(?:[ /-]?\d){3,20}|(?=[A-Za-z]{1,3}\d)[A-Za-z]{1,3}\d[A-Za-z\d]{2,8}"
    r"|(?=[A-Z\d-]*\d{4})\d{2,4}[A-Z]{2,4}[A-Z\d]{2,8}|\d{4}-\d{3,6}-[A-Z])(?![A-Za-z\d])"
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?\d{4}){3,7}(?: ?\d{1,3})?(?!\w)")
_LABELLED_PHONE = re.compile(
    r"(?:(?i:\b(?:phone|tel|telephone|mobile|cell|cellphone|handy|whatsapp|my number|(?:call|text|ring|reach) me)\b"
    r"\.?(?:\s?(?:number|no\.?|is|at|on|under|me|via))*)|电话|手机|联系方式|号码|打给我|加我)(?:号码?|是|为|[\s:：=#])*"
    r"(?P<out>\+?\(?\d(?:[ ()./-]{0,2}\d){5,14})(?!\w)"
)
_PHONES = (
    re.compile(r"(?<![\w.+])[+＋][1-9]\d{0,2}(?:[ ./-]{0,2}\(?\d{1,5}\)?){2,6}(?![A-Za-z\d])"),
    re.compile(r"(?<![A-Za-z\d_.-])1[3-9]\d([ -]?)\d{4}\1\d{4}(?![A-Za-z\d_]|[.-]\d)"),
    re.compile(r"(?<![A-Za-z\d_.:/-])\(?0[1-9]\d{1,3}\)?[ /-]{1,3}\d{3,8}(?:[ -]\d{2,5}){0,3}(?![A-Za-z\d_]|[.-]\d)"),
    re.compile(r"(?<![A-Za-z\d_.-])(?:\([2-9]\d\d\) ?|[2-9]\d\d[-.])\d{3}[-.]\d{4}(?![A-Za-z\d_]|[.-]\d)"),
)
_NUMBERS = (
    re.compile(r"(?<![A-Za-z\d_./#@,+=-])[A-Za-z]{0,3}\d{7,18}[xX]?(?![A-Za-z\d_]|[.,/-]\d|-\w)"),
    re.compile(r"(?<![A-Za-z\d_./#@,+=-])[A-Za-z]{1,3}\d{6}(?![A-Za-z\d_]|[.,/-]\d|-\w)"),
    re.compile(r"(?<![A-Za-z\d_./#@,+=-])\d{2,4}([-/])\d{2,4}\1\d{2,6}(?![A-Za-z\d_]|[.,/-]\d)"),
    re.compile(r"(?<![A-Za-z\d_./#@,+=-])20\d\d[-/]\d{5,8}(?![A-Za-z\d_]|[.,/-]\d)"),
)
# A long number beside one of these words counts or names something that is no person.
_QUANTITY = re.compile(
    r"(?i:\b(?:param\w*|tokens?|rows?|steps?|samples?|examples?|bytes?|seeds?|ports?|err\w*|codes?|exit|status|loss\w*"
    r"|jobs?|words?|lines?|sizes?|vocab\w*|counts?|total|memory|flops?|time\w*|unix|records?|pairs?|sentences?"
    r"|documents?|images?|random_state|values?|ints?|floats?|max|min|hash|commit|version|isbn|arxiv|doi|cve|kb|pmid"
    r"|numbers? of|between|than|to|allocate|available|needed|free|used)\b"
    r"|参数|样本|步|行|条|字节|种子|端口|错误|报错|大小|词|时间|版本|代码|个|次|共)"
)
_DATE = re.compile(r"(?:19|20)\d\d[-/]?(?:0?[1-9]|1[0-2])[-/]?(?:[0-2]?\d|3[01])|\d\d?[-/]\d\d?[-/](?:19|20)?\d\d")


def scrub(text: str) -> str:
    """Return the text with what points to a person replaced by `<email>`, `<phone>`, `<number>`, `<name>`, `<link>`.

    Scrubbing again changes nothing.
    """
    while True:
        # Each turn takes away some of what is no placeholder, so there is a last one.
        scrubbed = _once(text)
        if scrubbed == text:
            return text
        text = scrubbed


def is_empty(text: str) -> bool:
    """Say whether nothing with a letter or digit is left beside the placeholders."""
    return not re.search(r"[^\W_]", _PLACEHOLDER.sub("", text))


def _once(text: str) -> str:
    text = _replace(text, _links(text), "<link>")
    text = _replace(text, (m.span() for m in _EMAIL.finditer(text)), "<email>")
    text = _replace(text, (m.span("out") for m in _LABELLED_NUMBER.finditer(text)), "<number>")
    text = _replace(text, (m.span() for m in _IBAN.finditer(text)), "<number>")
    text = _replace(text, _phones(text), "<phone>")
    text = _replace(text, _numbers(text), "<number>")
    text = _replace(text, _handles(text), "<name>")
    return _replace(text, names(text), "<name>")


def _replace(text: str, spans: Iterable[Span], placeholder: str) -> str:
    """Put the placeholder where the spans are, but for those that touch a placeholder or an earlier span."""
    taken = [m.span() for m in _PLACEHOLDER.finditer(text)]
    parts, at = [], 0
    for start, end in sorted(spans):
        if at <= start < end and not any(start < last and first < end for first, last in taken):
            parts += [text[at:start], placeholder]
            at = end
    return "".join([*parts, text[at:]])


def _links(text: str) -> Iterator[Span]:
    for match in _LINK.finditer(text):
        link = match[0].rstrip(".,;:!?)'")
        if _PERSONAL.search(link) and not _PUBLIC.match(link):
            yield match.start(), match.start() + len(link)


def _phones(text: str) -> Iterator[Span]:
    yield from (m.span("out") for m in _LABELLED_PHONE.finditer(text))
    for pattern in _PHONES:
        for match in pattern.finditer(text):
            digits = re.sub(r"\D", "", match[0])
            if 8 <= len(digits) <= 15 and not _is_size(match[0]):
                yield match.span()


def _numbers(text: str) -> Iterator[Span]:
    for pattern in _NUMBERS:
        for match in pattern.finditer(text):
            number = match[0].lstrip("vVrR")
            beside = (text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 14])
            before = re.split(r"[.;。；\n]", beside[0])[-1]
            known = match[0].lower().startswith(("kb", "cve", "rfc", "iso")) or _DATE.fullmatch(number)
            if len(re.sub(r"\D", "", number)) < 6 or known or _is_size(number):
                continue
            if not _QUANTITY.search(before) and not re.match(rf"\s?(?:{_QUANTITY.pattern})", beside[1]):
                yield match.span()


def _handles(text: str) -> Iterator[Span]:
    yield from (m.span() for m in _HANDLE.finditer(text) if m[0][1:].casefold() not in _NO_HANDLE)
    yield from (m.span("out") for m in _ACCOUNT.finditer(text))


def _is_size(number: str) -> bool:
    """Say whether a number is nobody's: round, a power of two (or one less), counted up, a row of layer sizes."""
    groups = [int(group) for group in re.findall(r"\d+", number)]
    if set(re.sub(r"\D", "", number)) <= {"0", "1"}:
        return True
    if len(groups) > 1:
        return all(group % 4 == 0 for group in groups)
    value = groups[0] if groups else 0
    if number in "0123456789" or number in "9876543210":
        return True
    return value % 1000 == 0 or value & (value - 1) == 0 or value & (value + 1) == 0
