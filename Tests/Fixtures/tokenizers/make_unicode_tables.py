"""Writes Sources/Tokenizers/Unicode/UnicodeData.swift: what the reference library believes about every scalar.

The library mixes the tables of several Unicode versions (its regular expressions, its pre-tokenizers and its normalizers
each bring their own), so its answers are asked of the library itself, scalar by scalar, and packed as runs. Needs:
pip install tokenizers (0.23.3 was used). Takes a minute.
"""
import pathlib

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

TARGET = pathlib.Path(__file__).parents[3] / "Sources/Tokenizers/Unicode/UnicodeData.swift"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CATEGORIES = ("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn").split()
SCRIPTS = """Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki
Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common
Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan
Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han Hangul
Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian
Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin
Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean
Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic
Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya
Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian
Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le
Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri Toto Tulu_Tigalari Ugaritic
Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square""".split()


def blocks():
    for i in range(0, len(SCALARS), 4096):
        yield SCALARS[i:i + 4096]


def matched(regex):
    """The scalars that a regular expression of one character matches."""
    replace, found = normalizers.Replace(Regex(regex), ""), set()
    for block in blocks():
        found |= set(block) - set(map(ord, replace.normalize_str("".join(map(chr, block)))))
    return found


def removed(normalizer):
    found = set()
    for block in blocks():
        found |= set(block) - set(map(ord, normalizer.normalize_str("".join(map(chr, block)))))
    return found


def cut(step, prefix, wanted):
    """The scalars that, after a letter, are cut off (or not)."""
    return {c for c in SCALARS if (len(step.pre_tokenize_str(prefix + chr(c) + prefix)) > 1) == wanted}


def script_is_any(scripts):
    """The scalars that UnicodeScripts joins to anything."""
    step, found = pre_tokenizers.UnicodeScripts(), set()
    for c in SCALARS:
        if len(step.pre_tokenize_str("a" + chr(c))) == 1 and len(step.pre_tokenize_str("б" + chr(c))) == 1:
            found.add(c)
    return found


def written(name, runs, document):
    """Runs (length, value) as letters: the length in base 64 with its last digit marked, then the value in two digits."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
    text = ""
    for length, value in runs:
        number = ""
        while True:
            number = digits[length % 32 + (0 if number else 32)] + number
            length //= 32
            if not length:
                break
        text += number + digits[value // 64] + digits[value % 64]
    lines = "\n".join("        " + text[i:i + 108] + "\\" for i in range(0, len(text), 108))
    return f'    /// {document}\n    static let {name} = """\n{lines}\n\n        """\n'


def runs_of(values):
    runs = []
    for value in values:
        if runs and runs[-1][1] == value:
            runs[-1][0] += 1
        else:
            runs.append([1, value])
    return runs


def main():
    category = [CATEGORIES.index("Cs")] * 0x110000
    for index, name in enumerate(CATEGORIES):
        if name != "Cs":
            for c in matched(r"\p{%s}" % name):
                category[c] = index
    word_step, cjk = pre_tokenizers.Whitespace(), normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    flags = [
        ("whiteSpace", matched(r"\s")), ("patternWord", matched(r"\w")), ("bracketWord", matched(r"[\w]")),
        ("alphabetic", matched(r"\p{Alphabetic}")), ("uppercase", matched("[[:upper:]]")),
        ("lowercase", matched("[[:lower:]]")), ("bracketPunctuation", matched("[[:punct:]]")),
        ("numeric", cut(pre_tokenizers.Digits(individual_digits=True), "a", True)),
        ("word", {c for c in SCALARS if len(word_step.pre_tokenize_str("a" + chr(c) + "a")) == 1
                  and word_step.pre_tokenize_str("a" + chr(c) + "a")[0][0] == "a" + chr(c) + "a"}),
        ("punctuation", cut(pre_tokenizers.Punctuation(), "a", True)),
        ("separator", cut(pre_tokenizers.WhitespaceSplit(), "a", True)),
        ("combining", removed(normalizers.StripAccents())),
        ("accent", removed(normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True,
                                                      lowercase=False))),
        ("control", removed(cjk)), ("emoji", matched(r"\p{Emoji}")),
        ("pictographic", matched(r"\p{Extended_Pictographic}")), ("graph", matched("[[:graph:]]")),
        ("print", matched("[[:print:]]")), ("scriptless", script_is_any(SCRIPTS)),
    ]
    # A scalar that decomposes is gone from its own text too: only marks count as accents.
    flags = [(n, {c for c in s if CATEGORIES[category[c]][0] in "MC" or n != "accent"}) for n, s in flags]
    flags = [(n, {c for c in s if n != "control" or not chr(c) in "\t\n\r" and not CATEGORIES[category[c]][0] == "Z"})
             for n, s in flags]
    records, known = [], {}
    packed = [0] * 0x110000
    for c in range(0x110000):
        packed[c] = category[c]
    for bit, (_, members) in enumerate(flags):
        for c in members:
            packed[c] |= 1 << (5 + bit)
    values = []
    for c in range(0x110000):
        if packed[c] not in known:
            known[packed[c]] = len(records)
            records.append(packed[c])
        values.append(known[packed[c]])
    script = [len(SCRIPTS)] * 0x110000
    present = []
    for index, name in enumerate(SCRIPTS):
        try:
            members = matched(r"\p{%s}" % name)
        except Exception:
            print("not known to the library:", name)
            continue
        present.append(name)
        for c in members:
            script[c] = index
    # UnicodeScripts has a table of its own, of an older version: where it differs from that of the expressions.
    step, scriptless = pre_tokenizers.UnicodeScripts(), dict(flags)["scriptless"]
    example = {}
    for c in SCALARS:
        if script[c] < len(SCRIPTS) and c not in scriptless:
            example.setdefault(script[c], chr(c))
    joined = lambda index, c: len(step.pre_tokenize_str(example[index] + chr(c))) == 1
    kana = SCRIPTS.index("Hiragana"), SCRIPTS.index("Katakana")
    segment = list(script)
    for c in SCALARS:
        if c not in scriptless and c != 0x20 and not (script[c] in example and joined(script[c], c)):
            segment[c] = next(i for i in example if joined(i, c))
    different = runs_of([(segment[c] if segment[c] != script[c] else -1) for c in range(0x110000)])
    place, exceptions = 0, []
    for length, value in different:
        if value >= 0:
            exceptions.append(f'(0x{place:x}, 0x{place + length - 1:x}, "{SCRIPTS[value]}"),')
        place += length
    print("exceptions", exceptions)
    names = "\n".join("        " + line for line in wrap(" ".join(SCRIPTS)))
    bits = "\n".join(f"    static let {n}: UInt32 = 1 << {5 + i}" for i, (n, _) in enumerate(flags))
    numbers = wrap(", ".join(f"0x{r:x}" for r in records) + ",")
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(
        "// Made by Tests/Fixtures/tokenizers/make_unicode_tables.py; not to be edited.\n\n"
        "/// What the reference library (tokenizers 0.23.3) takes each scalar for, packed as runs over all scalars.\n"
        "///\n/// A record is a general category (bits 0-4) and the bits below it.\nenum UnicodeData {\n"
        + bits + "\n\n    static let records: [UInt32] = [\n" + "\n".join("        " + n for n in numbers) + "\n    ]\n\n"
        + written("recordRuns", runs_of(values), "Runs of places in `records`.") + "\n"
        + f'    /// Names of scripts; what has none of them is past the last.\n    static let scripts = """\n{names}\n        """\n\n'
        + written("scriptRuns", runs_of(script), "Runs of places in `scripts`.") + "}\n")
    print(len(records), "records", len(runs_of(values)), "runs", len(runs_of(script)), "script runs")


def wrap(text, width=100):
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) + 1 > width:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    return lines + [line]


if __name__ == "__main__":
    main()
