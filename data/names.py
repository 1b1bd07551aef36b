"""Names of people in what students write, found by what stands around them: "my name is", "Dear", "同学".

The lists settle what the context leaves open; methods, products and well-known researchers are no one in the course.
"""

from collections.abc import Iterator

from data import han_names
from data.name_rules import (
    ANY,
    END,
    LOW,
    NAME,
    PARTICLE,
    TITLE,
    UP,
    capital,
    full,
    given,
    given_capital,
    person,
    rule,
    someone,
    told,
    whole,
)

Span = tuple[int, int]

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
_RULES = (
    rule(
        r"(?i:(?:\bmy (?:\w+ )?|^)name(?:['’]s| is)\s+|\bmy (?:\w+ )?name:\s+|\b(?:i am|i['’]?m) (?:called|named)\s+)",
        ANY,
        told,
    ),
    rule(r"(?i:\b(?:calls? me|i go by|full name:|student name:)\s+)", NAME, capital),
    rule(_I, NAME, capital),
    rule(_I, ANY, given),
    rule(r"(?i:\bwe(?: are|['’]re)\s+)", NAME, person, r"(?:,| and| &)"),
    rule(r"<name>,? (?:and|&|und|or|/) ", NAME, person),
    rule(r"(?i:\b(?:members?|partners?|authors?):\s*(?:[^\n,]{1,40}, ?){0,6})", NAME, person),
    rule(_IT, ANY, given),
    rule(rf"(?i:\b{_HI}\b[^.?:\n]{{0,20}}?[,! ]){_IT}", NAME, person, r"(?:\s*[,.!(\n]|\s*$| from\b| here\b)"),
    rule(rf"(?i:\b{_HI}[,!. ]\s*)", NAME, person, r" here\b"),
    rule(_IT, NAME, person, r" (?:from (?:group|team|your|class|tutorial)|speaking|here|again)\b"),
    rule(r"(?:^|(?<=[\s,]))", ANY, given, r" here\s?[,.!:–-]"),
    rule(_WHOSE, NAME, person),
    rule(_WHOSE, ANY, given),
    rule(rf"(?i:\b{_ROLE} (?:named|called) )", NAME, person),
    rule(
        r"(?i:\bdear\s+(?:(?:mr|mrs|ms|mx|dr|prof|professor|frau|herr|miss|tutor|teacher|ta)\b\.?\s+){0,2})",
        NAME,
        capital,
    ),
    rule(
        rf"(?i:(?:^|(?<=[\n.!?,] )|(?<=\n))(?:{_HI}|{_THANKS})(?: again| so much)?,?\s+)",
        NAME,
        person,
        r"\s*(?:[,.!?\n:]|$)",
    ),
    rule(rf"(?i:\b(?:{_HI}|{_THANKS}|dear)[, ]\s*)", ANY, given),
    rule(
        r"(?:\b(?i:prof(?:essor)?|dr|mr|mrs)\b\.?|\bMs\b\.?|\bFrau|\bHerrn?)\s+(?:(?i:dr|prof)\b\.?\s+)?",
        NAME,
        capital,
    ),
    rule(r"(?i:\b(?:mr|mrs)\b\.?\s+)", ANY, told),
    rule(rf"(?i:\b(?:{_THANKS}[,!.]*\s+|best[,!.\n]\s*))(?:[–—-]\s*)?", NAME, person, r"\s*[.!]?\s*$"),
    rule(r"\n\s*[–—-]?\s*", ANY, given, r"\s*[.!]?\s*$"),
    rule(rf"(?<![{UP}{LOW}\d_-])", NAME, someone, " (?:and (?:I|me|my)|told me|said to me)\\b"),
    rule(rf"(?<![{UP}{LOW}\d_-])", NAME, full),
    # A first name that is hardly ever another word, wherever it stands with a capital.
    rule(rf"(?<![{UP}{LOW}\d_@#./\\-])", NAME, given_capital, r"(?![(=\[{_/]|\.\w|-\d)"),
    rule(
        r"(?i:\b(?:ask|asked|told|tell|met|email|emailed|mailed|contacted|with|and|or|from|by|said|says|sir|madam)\s+)",
        ANY,
        given,
    ),
    rule(
        r"(?i:\b(?:he|she|they|who) (?:is|are|was) (?:called|named)\s+|\b(?:his|her|their|the) name is\s+)", ANY, told
    ),
    rule(r"(?i:(?<!- )\b(?:sur|last |family |first |fore|given )?name\s*[:–-]\s+)", NAME, person),
    rule(r"(?i:\b(?:surname|last name|family name|first name|given name)(?: is)?\s+)", NAME, capital),
    rule(r"(?i:\bname (?:should be|is spelled|is spelt|reads?)\s+)", NAME, person),
    rule(
        r"(?i:\b(?:signed|yours(?: truly| faithfully| sincerely)?|cordially|br|cheers|bye|ciao)\b[,:]?\s+)", ANY, given
    ),
    rule(
        r"(?i:\b(?:signed|yours truly|yours faithfully|cordially|best regards|kind regards|br),?\s+)",
        NAME,
        person,
        r"\s*[.!]?\s*$",
    ),
    rule(rf"(?i:\b(?:the |our )?{_ROLE} is\s+)", NAME, person, r"\s*(?:[,.!?;)]|$)"),
    rule(
        r"(?i:\b(?:prof(?:essor)?|dr|mr|mrs|ms|frau|herr)\b\.?\s+)",
        rf"(?P<out>{PARTICLE} (?:{PARTICLE} )?{TITLE}{END})",
        whole,
    ),
    rule(r",\s+", ANY, given, r"\s*[.!]?\s*$"),
    rule(rf"(?i:\bthe {_ROLE},? (?:\(|named |called )?)", NAME, someone),
)


def names(text: str) -> Iterator[Span]:
    """Yield where names of people stand in the text; spans may overlap."""
    for pattern, accept in (*_RULES, *han_names.RULES):
        for match in pattern.finditer(text):
            length = accept(match)
            if length:
                yield match.start("out"), match.start("out") + length
