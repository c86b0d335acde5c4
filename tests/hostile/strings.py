"""Text that breaks software which cleans, trims, escapes, counts or guesses: our own selection, always the same.

``BY_CATEGORY`` lists it by what is hostile about it, ``STRINGS`` is all of it without repeats. Everything
there can be stored and sent as it is; ``UNKEEPABLE`` is what no database and no strict JSON may hold.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Every character that Unicode calls white space, and those that many programs take for it.
SPACES = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u180e\u200b\u2060\ufeff"
)
CONTROLS = [chr(code) for code in (*range(0x01, 0x20), 0x7F)]
C1 = [chr(code) for code in range(0x80, 0xA0)]
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN = (
    "\u00ad\u034f\u115f\u1160\u17b4\u180b\u200b\u200c\u200d\u2060\u2061\u2064\u206a\u206f\u3164\ufe00\ufe0f\ufeff\uffa0"
    "\ufff9\U000e0001\U000e0041\U000e0100"
)
NONCHARACTERS = "\ufdd0\ufdef\ufffe\uffff\U0001fffe\U0001ffff\U0010fffe\U0010ffff"
PRIVATE = "\ue000\uf8ff\U000f0000\U000ffffd\U00100000\U0010fffd"
STARTERS = "=+-@\t\r＝＋－＠"

# Letters whose composed, decomposed and compatibility forms are different text of one look.
TWINS = (
    "é", "ñ", "ö", "Å", "ç", "ś", "ž", "ő", "ệ", "ǖ", "й", "ё", "ї", "ά", "ΐ", "ख़", "ড়", "が", "ば", "한", "각", "ﬁ",
    "ﷺ", "①", "½", "²", "ª", "ℌ", "Ａ", "ｶﾞ", "℡", "㎏", "Ⅷ", "…", "ſ", "ŉ", "ǆ", "\u1e9b\u0323", "\u212b", "\u2126",
    "\u1f71", "שׁ", "אַ", "لا", "ﻻ",
)  # fmt: skip


def _in_the_middle(characters: Iterable[str]) -> list[str]:
    return [f"well{character}water" for character in characters]


def _forms(text: str) -> list[str]:
    return [text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD"))]


BY_CATEGORY: dict[str, list[str]] = {
    "control characters": _in_the_middle(CONTROLS),
    "control characters of the upper half": _in_the_middle(C1),
    "line breaks": [
        "one\ntwo", "one\rtwo", "one\r\ntwo", "one\n\rtwo", "one\n\n\ntwo", "one\r\rtwo", "one\u2028two", "one\u2029two",
        "one\x0btwo", "one\x0ctwo", "one\x85two", "\none", "one\n", "\r\none\r\n", "one\r", "\rone", "a\n  b\n    c",
        "a  \n  b", "a \r b", "a\n\tb", "a\\nb", "a\\r\\nb", "a\n- b\n- c", "a\n\n- b", "\n\n\na\n\n\n",
    ],
    "white space before, after and within": [
        *(f"{space}before" for space in SPACES), *(f"after{space}" for space in SPACES),
        "two  spaces", "many       spaces", "tab\ttab", " both ", "  \t both \t  ", "a \u00a0 b", "\u3000全角\u3000",
    ],
    "white space alone": [" ", "   ", "\t", "\u00a0", "\u3000", "\u200b", "\ufeff", " \t ", "\u2003\u2003"],
    "direction": [
        *(f"left{mark}right" for mark in BIDI), "\u202eevil\u202c.txt", "\u2066isolated", "\u2067never closed", "\u2069\u202c",
        "if (ok\u202e \u2066// check\u2069 \u2066) run", "abc \u202dgnp.exe", "user\u202egnp.js", "\u200fשלום\u200f",
    ],
    "right to left": [
        "مياه نظيفة للجميع", "שלום עולם", "مرحبا hello مرحبا", "المبلغ ١٢٣٬٤٥٦٫٧٨", "۱۲۳۴۵", "שָׁלוֹם", "العَرَبِيَّة", "نص (بين قوسين)", "קוד <b>a</b>",
        "۷٪", "עברית\nשורה שנייה", "ـــ", "ﺍﻟﻌﺮﺑﻴﺔ", "ܫܠܡܐ", "ދިވެހި", "ߒߞߏ", "پنجاه‌و‌سه", "می‌خواهم",
    ],
    "characters that are not seen": _in_the_middle(UNSEEN),
    "marks without a letter": [
        "\u0301", "\u0301a", "a\u0301\u0301\u0301", " \u0308", "\u20dd", "\u0489", "a\u035cb", "\u064b", "\u093f", "\u0e31", "Z" + "\u0303" * 60,
        "e\u0301\u200de", "\u3099", "q\u0307\u0323", "q\u0323\u0307", "\u0f71\u0f72",
    ],
    "forms of one look": [form for text in TWINS for form in _forms(f"x{text}y")],
    "letters that look like others": [
        "Саfe", "рaypal", "ΑΒΕ", "ᴀʙᴄ", "Ｆｕｌｌ", "𝐁𝐨𝐥𝐝", "ⓒⓘⓡ", "ꓮꓐ", "l1I|", "О0Oo", "‚‛“”„‟", "‐‑‒–—―−", "a․b", "⁄∕／", "ꞌʼ’′", "１２３",
        "ıİiI", "straße STRASSE ẞ", "ς σ Σ", "ﬀﬁﬂ", "Kelvin \u212a", "ǅ", "Ŀ", "\u1e9e",
    ],
    "digits of other scripts": ["٠١٢٣٤٥٦٧٨٩", "०१२३", "๐๑๒", "𝟎𝟏𝟐", "１２３４", "¹²³", "①②③", "Ⅻ", "१e५", "٣٫١٤", "〇一二三", "𞥐𞥑", "߀߁", "᠐᠑"],
    "emoji": [
        "👩‍👩‍👧‍👦", "👍🏽", "👩🏿‍🔬", "🏳️‍🌈", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇵🇸🇯🇴", "🇵", "❤️", "❤", "☎︎", "1️⃣", "👨‍👩", "👩‍", "🧑🏻‍🤝‍🧑🏾", "🫱🏼‍🫲🏿", "💧", "🚰🏽", "\u200d👧",
        "👨🏽‍⚕️", "🤷🏾‍♀️", "🐻‍❄️", "🏽", "🙂" * 40, "🕵️‍♂️",
    ],
    "beyond the basic plane": ["𝒳", "𠜎𠜱", "𐍈", "𓀀", "\U0001f4a9", "𪚥", "𝔘𝔫𝔦", "𐎀", "x\U00020000y", "😀a😀", "𞸀", "𒀀", "\U0001f9ff" * 30],
    "noncharacters": _in_the_middle(NONCHARACTERS),
    "private use": _in_the_middle(PRIVATE),
    "replacement and order marks": ["\ufeffBOM", "mid\ufeffBOM", "BOM\ufeff", "\ufffd",
        "a\ufffdb", "ï»¿", "þÿ", "\ufffcobject", "\ufff9a\ufffab\ufffb", "Ã©", "â€™", "cafÃ©"],
    "formulas": [
        *(f"{start}SUM(1+1)" for start in STARTERS), *(f"'{start}1" for start in STARTERS), *STARTERS,
        "=1+1", "=cmd|' /C calc'!A0", "+1 555 0100", "-1", "-", "--", "=", "@SUM(A1)", '=HYPERLINK("http://x.test","y")', "'", "''", "'=",
        "''=1", "'plain", "=\u202e1", " =1", "\n=1", "=A1\n=B1", "+-+-", "=IMPORTXML(1)", "%0A=1", "\uff1d1", "=\"a\"", "=1;2", "'''=1",
        '=DDE("a";"b")', "@", "+", "\t=1", "\r=1", "|=1", "!A1", "#REF!", "#N/A", "#VALUE!", "{=1}", "-2+3", "$A$1",
    ],
    "HTML": [
        "<script>alert(1)</script>", "<b>bold</b>", "<img src=x onerror=alert(1)>", "a < b > c", "1<2", "<", ">", "<>", "</p>", "<br>", "<p></p>",
        "<!-- note -->", "<!--", "]]>", "<![CDATA[x]]>", "<?xml version='1.0'?>", "<style>p{}</style>", "<a href=\"javascript:alert(1)\">x</a>",
        "<svg/onload=alert(1)>", "<p>one</p><p>two</p>", "<ul><li>x</li></ul>", "\"><script>", "'><b>", "<\u200bscript>", "<table><tr><td>x", "a<br/>b",
        "<div>\n</div>", "<textarea></textarea>", "<title>x</title>", "<plaintext>", "&lt;b&gt;", "<b", "b>", "<<b>>", "<xmp>", "<noscript>x",
        "<iframe src=//x.test>", "<math><mi>x", "<details open ontoggle=alert(1)>", "<input autofocus onfocus=alert(1)>",
    ],
    "entities": [
        "&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&apos;", "&nbsp;", "&copy;", "&copy", "&notin;", "&not", "&#0;", "&#x0;", "&#13;", "&#x80;", "&#150;",
        "&#xFEFF;", "&#x202E;", "&#1114112;", "&#xD800;", "&amp;amp;", "&amp;lt;", "&", "&&", "&;", "&#;", "&#x;", "AT&T", "a&b=c", "R&D &", "&bogus;",
        "&amp;nbsp;", "&NewLine;", "&Tab;", "&lbrace;", "&zwj;", "Tom &amp; Jerry & Co", "&#xFFFD;",
    ],
    "percent and other escapes": [
        "%00", "%0A", "%20", "100%", "%", "%%", "%s %d %n", "%(name)s", "%25", "%u0041", "%C3%A9", "a+b", "\\", "\\\\", "\\n", "\\0", "\\x00", "\\u0000",
        "\\ud800", "\\u00e9", "\\'", '\\"', "C:\\new\\table", "\\\\server\\share", "=?utf-8?B?w6k=?=", "_x000D_", "_x0041_", "_x005F_", "_x005F_x000D_",
        "x005F_", "_xD800_", "_x000d_a_x000a_", "$1 \\1 \\g<0>", "{0} {name}", "{{7*7}}", "${7*7}", "#{7*7}", "{% x %}", "$HOME", "`id`", "$(id)", "\\e[31m",
        "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "&#92;", "^", "~", "!!", "*", "?", "[a-z]+", "(?i)", ".*", "(((((", "a{99999}",
    ],
    "queries": [
        "'; DROP TABLE opportunity;--", "' OR '1'='1", "\" OR \"\"=\"", "1; SELECT 1", "') OR ('a'='a", "x' UNION SELECT 1--", "/* x */", "--", "O'Brien",
        "O\u2019Brien", "it's", "\\' OR 1=1", "'' OR ''=''", "Name = 'x' OR Name != 'x'", "' LIMIT 1 OFFSET 1", "%' AND Id != '", "\\\\' OR Id != \\\\'",
        "SELECT Id FROM Account", "') FOR UPDATE", "{Title}='x'", "'='x", "',1=1,'", "')=1,RECORD_ID()='", "}", "{", "{Commons ID}", "OR(1,1)", "RECORD_ID()",
        "\\'),TRUE(),('", "$where", "{\"$gt\":\"\"}", "*)(uid=*", "//*", "' or name()='", "_", "a_b%c",
    ],
    "quotes and separators": [
        '"', '""', '"""', "\"a\",\"b\"", "a,b", "a;b", "a; b", "; ", ";", ",", ", ", "|", "a|b", "\ta\tb", "a\u001fb", "a:b", "a / b", "a·b", "«a»", "‹b›",
        '"a\nb"', 'a"b', '"a', 'a"', "a,\"b\nc\",d", "'a'", "´a`", "a\\,b", "a\\;b", ";;", " ; ; ", "a;;b", "[]", "{}", "[1,2]", '{"a": 1}', "()", "a, b and c",
    ],
    "text that looks like something else": [
        "NULL", "null", "None", "nil", "NaN", "nan", "NA", "N/A", "n/a", "NO", "No", "no", "yes", "Yes", "Y", "N", "on", "off", "true", "True", "TRUE", "false",
        "FALSE", "undefined", "Infinity", "-Infinity", "inf", "0", "00", "007", "0123456789", "+44", "1e5", "1E400", "1.0", "1.10", "0x1F", "0b1", "0o17",
        "1_000", "1,000", "1.000,00", "1'000", "12 000", "1/2", "3-4", "1-2", "2026-03-01", "01/02/2026", "1.2.2026", "2026-03", "March", "Mar-26", "MARCH1",
        "DEC1", "SEPT2", "12:30", "24:00", "2026-03-01T00:00:00Z", "$5", "5 USD", "50%", "-0", "0.0", ".5", "5.", "9007199254740993", "12345678901234567890",
        "1.7976931348623157e309", "TRUE ", " 1", "123456789012345678", "E10", "1D3", "5e-324", "Draft", "[object Object]", "undefined undefined", "<null>", "-",
        "recAAAAAAAAAAAAAA", "0190a6f0-0000-7000-8000-000000000000", "a02000000000001AAA", "CON", "aux.txt", "..", "../../etc/passwd", "/", "~root", "file:///x",
        "http://x.test/?a=b&c=d#e", "HTTP://X.TEST", "javascript:alert(1)", "data:text/html,x", "mailto:a@x.test", "a@x.test", "//x.test", "xn--caf-dma.test",
    ],
    "long": [
        "x" * 79, "x" * 80, "x" * 81, "x" * 255, "x" * 256, "é" * 128, "😀" * 41, "e\u0301" * 41, "word " * 60, "W" * 5_000, "x" * 32_767,
        "line\n" * 500, "a" * 79 + "\u0301" * 5, "👩‍👩‍👧‍👦" * 12, "&" * 300, "<" * 300, "'" * 300, '"' * 300, "\\" * 300, ";" * 300, " " * 300 + "x",
    ],
}  # fmt: skip

MEGABYTE = "Ein Brunnen für jedes Dorf: ماء 💧 & <b>more</b>\n" * 22_000
"""More than a megabyte, however it is counted. Systems have limits; a hub must say so and go on."""

UNKEEPABLE: list[str] = [
    "\x00", "nul\x00within", "\x00before", "after\x00", "nul\x00\x00twice", "a\nb\x00", "\x00=1",
    "\ud800", "half \ud83d smile", "\udc00\ud800", "end\udfff", "\ud83d😀", "é\udcff",
]  # fmt: skip
"""NUL, which PostgreSQL and C strings end at, and halves of characters, which have no UTF-8."""

STRINGS: tuple[str, ...] = tuple(dict.fromkeys(text for texts in BY_CATEGORY.values() for text in texts if text))
