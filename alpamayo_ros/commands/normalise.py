# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- tables are read line by line, not wrapped
"""Any text in, plain words out, with a note of everything that was dressed up.

What is removed or mapped is never simply forgotten: a sentence with look-alike letters, letters
spelt one by one or digits for letters can be refused for what it says, but never obeyed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_CONTROL = re.compile(
    r"<\s*[|/\\!]|[|/\\]\s*>|\|\s*[a-z_]+(?:_[a-z_]+)+\s*\||<\s*[a-z_]*\d*\s*>"
    r"|<\s*/?\s*[a-z]\w*\s*>|\[/?(?:inst|system|sys)\b|<<\s*/?sys|\b(?:im|cot|route|question|"
    r"answer|prompt|traj|traj_history|traj_future|image)_(?:start|end|pad)\b|\bpadding_\d|\bendoftext\b"
)
"""Control tokens of the model's family, whole or in part, after mapping look-alikes."""

_OPEN = "‹«⟨〈《≺≪⧼❮❬❰﹤＜ᐸᑉ˂⋖⩽≤⟪⦑⪡𐊖"
_CLOSE = "›»⟩〉》≻≫⧽❯❭❱﹥＞ᐳᑀ˃⋗⩾≥⟫⦒⪢"
_PIPE = "｜∣ǀ│┃❘❙❚⎮⏐¦︱︳╎╏┆┇┊┋║∥ǁ।।‖⏽⼁丨ㅣ|"

_LOOK_ALIKES = str.maketrans(
    {
        **dict.fromkeys(_OPEN, "<"),
        **dict.fromkeys(_CLOSE, ">"),
        **dict.fromkeys(_PIPE, "|"),
        **dict.fromkeys("’‘ʼʻ`´ʹ′＇‛ꞌ", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣－⁃", "-"),
        "¿": " ",
        "¡": " ",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "ð": "d",
        "þ": "th",
    }
)

_FOREIGN_LETTERS = str.maketrans(
    # Cyrillic, Greek, Armenian and phonetic letters that read as Latin ones.
    {
        pair[0]: pair[1]
        for pair in (
            "аa вb еe ёe зe кk мm нh оo рp сc тt уy хx іi їi јj ѕs ԁd ԛq ԝw һh ҽe ӏl гr пn ьb иu "
            "αa βb γy δd εe ζz ηn θo ιi κk λl μm νv οo πn ρp σo ςc τt υu φo χx ωw "
            "օo սu հh ոn ցg զq քp ԁd "
            "ɑa ɡg ɩi ıi ʟl ɴn ʀr ʏy ʜh ɪi ƅb ƽs ȷj ɐa əe ɛe ɜe ʋv ʌv ʍm ʞk ʇt ɥh ɯm "
        ).split()
    }
)

_LEET = str.maketrans("0134578@$!|€+", "oieastbasiiet")
_LEET_L = str.maketrans("1!|", "lll")
_UNIT = re.compile(
    r"\d+(?:[.:]\d+)?(?:km/?h|kmh|kph|kmph|mph|m/s|ms|mps|km|m|ft|s|sec|secs|min|mins|am|pm|x|st|nd|"
    r"rd|th|s|k|c|f|h|hz|w|mi|yd|yds|er|d|[abc])?|[a-z]{1,3}\d{1,4}[a-z]?|turbine\d|tower\d"
)
_WORD = re.compile(r"[^\W_]+(?:['.&/][^\W_]+)*|[,;:.!?]|[^\s\w]")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][\s.\-_*/,+|~]{1,3}){2,}[^\W_](?![^\W_])")
_SPACED_HARMLESS = re.compile(
    r"^(?:(?:\d+ )?[a-z] ?/ ?[a-z]|[a-z]? ?\d+ [mk](?: [sh])?|(?:\d+ )?k (?:m )?p? ?h|(?:\d+ )?m p h|i|g p s|a c c|u s a|e t a|s u v|r v|t v|a c|p m|a m|n y c)$"
)
_BASE64 = re.compile(
    r"[A-Za-z0-9+/_-]{20,}={0,2}|\b(?:[0-9a-fA-F]{2}[\s:]?){8,}|(?:\\x|%|&#|\\u)[0-9a-fA-F]{2,}"
)
_CONTRACTIONS = (
    (re.compile(r"\b(?:do|does|did|wo|ca|ai|is|are|was|were|has|have|had|would|could|should|must|"
                r"need|might|sha)n'?t\b"), "negated"),
)  # fmt: skip
_NEGATED = {"wo": "will", "ca": "can", "ai": "is", "sha": "shall"}
_SHORT = {
    "i'm": "i am", "im": "i am", "i'd": "i would", "i'll": "i will", "i've": "i have",
    "you're": "you are", "youre": "you are", "you'd": "you would", "you'll": "you will",
    "you've": "you have", "we're": "we are", "we'd": "we would", "we'll": "we will",
    "we've": "we have", "they're": "they are", "they'll": "they will", "they've": "they have",
    "theyre": "they are", "let's": "let us", "lets": "let us", "that's": "that is",
    "thats": "that is", "there's": "there is", "theres": "there is", "here's": "here is",
    "it's": "it is", "it'll": "it will", "he's": "he is", "she's": "she is", "he'll": "he will",
    "she'll": "she will", "what's": "what is", "whats": "what is", "what're": "what are",
    "where's": "where is", "wheres": "where is", "when's": "when is", "who's": "who is",
    "whos": "who is", "how's": "how is", "hows": "how is", "why's": "why is", "why'd": "why did",
    "whyd": "why did", "how'd": "how did", "what'd": "what did", "where'd": "where did",
    "everything's": "everything is", "wanna": "want to", "gonna": "going to", "gotta": "got to",
    "gimme": "give me", "lemme": "let me", "kinda": "kind of", "cannot": "can not",
    "y'all": "you", "ya": "you", "u": "you", "ur": "your", "pls": "please", "plz": "please",
    "plse": "please", "pleas": "please", "thx": "thanks", "ty": "thanks", "'em": "them",
    "em": "them", "outta": "out of", "lotta": "lot of", "coulda": "could have", "dunno": "do not know",
    "tryna": "trying to", "mph.": "mph", "c'mon": "come on", "cmon": "come on", "o'clock": "oclock",
    "car's": "car is", "light's": "light is", "road's": "road is", "one's": "one is",
    "guy's": "guy is", "someone's": "someone is", "somebody's": "somebody is", "wouldja": "would you",
    "couldja": "could you", "dontcha": "do not you", "til": "till", "'til": "till", "cuz": "because",
    "cos": "because", "'cause": "because", "coz": "because", "thru": "through", "tho": "though",
    "r": "are", "tmrw": "tomorrow", "rn": "now", "asap": "asap", "nvm": "never mind",
    "nevermind": "never mind", "teh": "the", "hte": "the", "taht": "that", "tis": "this", "adn": "and",
    "nad": "and", "yuor": "your", "yoru": "your", "oyu": "you", "fo": "of", "ot": "to", "si": "is", "id": "i would", "wat": "what",
    "lft": "left", "rite": "right", "strait": "straight", "innto": "into", "wich": "which", "wihch": "which", "hre": "here", "thsi": "this", "tahn": "than",
}  # fmt: skip

_OWNED = frozenset(
    "house place home office school apartment flat hospital church street shop store market club "
    "party bar diner restaurant bumper tail car door bike way phone farm clinic museum address mailbox "
    "sake truck van room work desk hotel parents mother boss station pub cafe bakery and".split()
)
"""What somebody can own on the way; before other words "'s" is short for "is"."""

MIXED_ALPHABET = "MIXED_ALPHABET"
HIDDEN_CHARACTERS = "HIDDEN_CHARACTERS"
SPELT_OUT = "SPELT_OUT"
DIGITS_FOR_LETTERS = "DIGITS_FOR_LETTERS"
ENCODED = "ENCODED"
CONTROL_TOKEN = "CONTROL_TOKEN"
OTHER_SCRIPT = "OTHER_SCRIPT"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it can be read.

    ``words``: lower case, no accents, contractions written out, punctuation as words of its own.
    ``plain``: the words in one line, for patterns. ``readings``: other ways to read a dressed-up
    text, for refusals only. ``disguises``: names of what was found, empty for an honest text.
    ``shown``: one line of printable characters without marks of control tokens.
    """

    words: tuple[str, ...]
    plain: str
    readings: tuple[str, ...]
    disguises: frozenset[str]
    shown: str


def shown(text: str, length: int = 300) -> str:
    """Return text that can be displayed, spoken or logged: one line, no mark of a control token.

    Letters, digits and spaces of the Latin and Japanese alphabets and ``.,?!'%:-`` are kept.
    """
    kept = "".join(c if _harmless(c) else " " for c in unicodedata.normalize("NFKC", text))
    return " ".join(kept.split())[:length].strip()


def normalise(text: str) -> Sentence:
    """Read any text; never raises. The time grows linearly with its length."""
    disguises: set[str] = set()
    folded = _fold(text, disguises)
    if _CONTROL.search(folded):
        disguises.add(CONTROL_TOKEN)
    if (_BASE64.search(text) and not text.strip().isalpha()) or any(
        len(word) > 24 for word in folded.split()
    ):
        disguises.add(ENCODED)
    latin = _latin(folded, disguises)
    joined = _SPACED.sub(_join, latin)
    readings = []
    if joined != latin:
        disguises.add(SPELT_OUT)
        readings += [joined, re.sub(r"[^a-z0-9]", "", joined)]
    plain_letters = _without_leet(joined, disguises)
    readings += [reading for reading in plain_letters if reading != joined]
    words = _words(joined)
    return Sentence(
        words,
        " ".join(words),
        tuple(" ".join(_words(reading)) for reading in dict.fromkeys(readings)),
        frozenset(disguises),
        shown(text),
    )


def _harmless(character: str) -> bool:
    if character in " .,?!'%:-":
        return True
    if character.isascii():
        return character.isalnum()
    code = ord(character)
    if 0x00C0 <= code <= 0x017F:
        return character.isalpha()
    return 0x3041 <= code <= 0x30FF or (0x4E00 <= code <= 0x9FFF and character not in _PIPE)


def _fold(text: str, disguises: set[str]) -> str:
    """Compatibility forms, look-alike marks, no hidden or combining characters, lower case."""
    wide = unicodedata.normalize("NFKC", text)
    if len(wide) > 2 * len(text) + 100:
        # a single character may unfold to a sentence
        disguises.add(HIDDEN_CHARACTERS)
        wide = wide[: 2 * len(text) + 100]
    kept = []
    for character in unicodedata.normalize("NFKD", wide.translate(_LOOK_ALIKES)):
        category = unicodedata.category(character)
        if category in ("Cf", "Co", "Cn", "Cs"):
            disguises.add(HIDDEN_CHARACTERS)
        elif 0x0334 <= ord(character) <= 0x0338:
            # struck out or overlaid: not how a wish is written
            disguises.add(HIDDEN_CHARACTERS)
        elif category == "Mn" and not 0x3099 <= ord(character) <= 0x309A:
            continue
        elif category[0] in "ZC":
            kept.append(" ")
        else:
            kept.append(character)
    folded = unicodedata.normalize("NFC", "".join(kept)).lower().translate(_LOOK_ALIKES)
    if any(_fancy(c) for c in text):
        disguises.add(MIXED_ALPHABET)
    return " ".join(folded.split())


def _fancy(character: str) -> bool:
    """Letters of the mathematical, enclosed and full-width sets, which nobody says or types."""
    code = ord(character)
    return (
        0x1D400 <= code <= 0x1D7FF
        or 0x2460 <= code <= 0x24FF
        or 0xFF21 <= code <= 0xFF5A
        or (0x1F100 <= code <= 0x1F1FF)
    )


def _latin(folded: str, disguises: set[str]) -> str:
    """Map foreign letters that read as Latin ones; note a mix within a sentence."""
    if folded.isascii():
        return folded
    foreign = [c for c in folded if c.isalpha() and not c.isascii()]
    if not foreign:
        return folded
    disguises.add(OTHER_SCRIPT)
    if any(c.isascii() and c.isalpha() for c in folded):
        disguises.add(MIXED_ALPHABET)
    return folded.translate(_FOREIGN_LETTERS)


def _join(match: re.Match[str]) -> str:
    letters = re.sub(r"[\s.\-_*/,+|~]+", " ", match.group())
    if _SPACED_HARMLESS.match(letters) or letters.replace(" ", "").isdigit():
        return match.group()
    # words spelt out one after the other are apart by more than their letters
    spelt = re.split(r"\s{2,}|(?<=[\w])[\s]+(?=\w[.\-_*/])", match.group())
    return " ".join(re.sub(r"[\W_]+", "", word) for word in spelt)


def _without_leet(text: str, disguises: set[str]) -> list[str]:
    """Readings with letters for the digits and signs that stand for letters."""
    dressed = [
        word
        for word in text.split()
        if any(c.isalpha() for c in word)
        and any(c in "0134578@$!|€£+" for c in word.lstrip("\"'(").rstrip("!.,?;:\"'()+"))
        and not _UNIT.fullmatch(word.strip("!.,?;:\"'()").replace(",", ""))
        and not re.fullmatch(r"[a-z]+-\d+[a-z]?|\d+-[a-z]+(?:-[a-z]+)*", word.strip("!.,?"))
    ]
    if not dressed:
        return []
    disguises.add(DIGITS_FOR_LETTERS)
    return [text.translate(_LEET), text.translate(_LEET_L).translate(_LEET)]


def _words(text: str) -> tuple[str, ...]:
    text = re.sub(r"(\d),(\d{3})\b", r"\1\2", text)
    text = re.sub(
        r"(?<!can )(?<!could )(?<!would )(?<!will )\bu[ -]?turns?\b|\bu[ -]?(?:ey|ie)s?\b",
        "uturn",
        text,
    )
    text = re.sub(r"\bt[ -](?=junction|intersection|crossing)", "", text)
    text = re.sub(r"(\d)\s*(?:km\s*/\s*h|k\.?p\.?h\.?\b|km\s*ph\b|kmh\b)", r"\1 kmh", text)
    text = re.sub(r"\bm\s*/\s*s\b|\bmps\b", " mps ", text)
    text = re.sub(r"\bm\.p\.h\b\.?|(?<=\d) ?m p h\b", " mph", text)
    text = re.sub(r"\bk (?:m )?p h\b|\bk m h\b|\bkm h\b", "kmh", text)
    text = re.sub(r"(\d)(?=(?:kph|mph|mps|km|m|ft|s|sec|min|mi)\b)", r"\1 ", text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    words: list[str] = []
    for word in _WORD.findall(text):
        if _CONTRACTIONS[0][0].fullmatch(word):
            stem = word[: word.rindex("n")]
            words += [_NEGATED.get(stem, stem), "not"]
        elif word in _SHORT:
            words += _SHORT[word].split()
        elif word.endswith("'s"):
            # owned or shortened: "my sister's place", "everyone's in"
            words += [word[:-2], "'s"]
        else:
            words.append(word)
    for index, word in enumerate(words):
        if word == "'s" and (index + 1 == len(words) or words[index + 1] not in _OWNED):
            words[index] = "is"
    return tuple(words)
