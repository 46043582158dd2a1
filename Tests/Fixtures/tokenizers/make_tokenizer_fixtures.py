"""Writes cases.jsonl and training.json beside this file with the Hugging Face tokenizers library.

Each line of cases.jsonl is a tokenizer (the content of a tokenizer.json) and what the library makes of texts with it.
Pre-tokenizers and normalizers are made visible through a WordLevel vocabulary of the very pieces that they give.
training.json is what BpeTrainer learns from a few texts. Needs: pip install tokenizers (0.23.3 was used).
"""
import json
import pathlib

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
GPT4 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN = GPT4.replace(r"\p{N}{1,3}", r"\p{N}")
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])

TEXTS = [
    "", " ", "  two  spaces ", "Hello, world!", "It's a dog's life; they'VE said I'll go, we'd WE'RE 'ſ 'S",
    "tabs\tand\nlines\r\n\r\nand   more   \n  end\n\n", "1234567 and 12.5 or ½ ² Ⅷ ٣٤٥", "naïve café Ångström ﬁne ＡＢＣ",
    "cafe\u0301 A\u030angstro\u0308m e\u0323\u0302 q\u0307\u0323", "Größe STRASSE ǅ İstanbul ΣΊΣΥΦΟΣ", "你好，世界。第12章 日本語テキスト ひらがな 한국어 문장",
    "مرحبا بالعالم हिन्दी में नमस्ते ไทย", "emoji 👍🏽 👩‍👩‍👧 🇩🇪 ❤️ end", "x\u00a0y\u2003z\u200bw\u2028v\u0085u\ufeff",
    "control \x00\x01\x7f chars", "<s>start</s> <|end|> x<|end|>y  <|pad|>  z <w> a<w>b <W> \n <w>",
    "a_b-c.d/e\\f {x: [1, 2]} $5 + 3% #tag @you `code` ~^", "end with spaces   ", "\n", "▁under▁score ▁", "ĠGw Ċ",
    "def f(x):\n    return x ** 2  # square\n\n\tprint('done')", "I'm sure 'tis y'all o'clock rock'n'roll", "AbcDEF ghiJKL HTTPServer iPhone",
]
CORPUS = [
    "The small boat crossed the wide river before noon, and the rowers rested on the far bank.",
    "She counted twelve lamps along the harbour wall; twelve lamps, and every one of them was lit.",
    "A river is a road that moves. A road is a river that waits. We'll take either, if it's going north.",
    "In 1987 there were 240 boats; in 2003 only 35 were left, and 12 of these were never used again.",
    "Größere Boote fahren über den See, kleinere bleiben am Ufer. Où est le café près du port?",
    "小さな船が川を渡る。船は川を渡る。", "for boat in boats:\n    if boat.is_lit:\n        print(boat.name)\n",
    "the rower, the rowers, the rowing; the lamp, the lamps, the lamplight", "Wait... what? No! Yes -- maybe (perhaps).",
]


def byte_offsets(text, pairs):
    places = [0]
    for character in text:
        places.append(places[-1] + len(character.encode()))
    return [[places[a], places[b]] for a, b in pairs]


def case(name, tokenizer, texts=TEXTS, offsets=False, skips=(False,)):
    vectors = []
    for text in texts:
        for special in (True, False):
            encoding = tokenizer.encode(text, add_special_tokens=special)
            for skip in skips:
                row = {"text": text, "ids": encoding.ids, "add_special_tokens": special,
                       "decoded": tokenizer.decode(encoding.ids, skip_special_tokens=skip),
                       "decoded_skips_special": skip}
                if offsets:
                    row["offsets"] = byte_offsets(text, encoding.offsets)
                vectors.append(row)
    return {"name": name, "tokenizer": json.loads(tokenizer.to_str()), "vectors": vectors}


def word_level(name, pieces, **steps):
    """A tokenizer whose vocabulary is exactly the pieces."""
    vocabulary = {"[UNK]": 0}
    for piece in pieces:
        vocabulary.setdefault(piece, len(vocabulary))
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    for step, value in steps.items():
        setattr(tokenizer, step, value)
    return case(name, tokenizer, offsets="pre_tokenizer" in steps and "Prefix" not in name and "Metaspace" not in name)


def pre_tokenizer_cases():
    p = pre_tokenizers
    split = lambda r, b, i=False: p.Split(Regex(r), b, i)
    steps = {
        "Whitespace": p.Whitespace(), "WhitespaceSplit": p.WhitespaceSplit(), "Bert": p.BertPreTokenizer(),
        "Digits": p.Digits(), "Digits individual": p.Digits(individual_digits=True),
        "Punctuation": p.Punctuation(), "Punctuation removed": p.Punctuation("removed"),
        "Punctuation previous": p.Punctuation("merged_with_previous"),
        "Punctuation next": p.Punctuation("merged_with_next"), "Punctuation contiguous": p.Punctuation("contiguous"),
        "Delimiter": p.CharDelimiterSplit("e"),
        "Metaspace": p.Metaspace(), "Metaspace first": p.Metaspace(prepend_scheme="first"),
        "Metaspace never unsplit": p.Metaspace(prepend_scheme="never", split=False),
        "ByteLevel words": p.ByteLevel(add_prefix_space=False), "ByteLevel Prefix": p.ByteLevel(add_prefix_space=True),
        "ByteLevel then Digits": p.Sequence([p.ByteLevel(add_prefix_space=False), p.Digits()]),
        "Split gpt4": split(GPT4, "isolated"), "Split qwen": split(QWEN, "isolated"),
        "Split o200k": split(O200K, "isolated"), "Split gpt4 removed inverted": split(GPT4, "removed", True),
        "Split text": p.Split(" ", "merged_with_previous"), "Split text next": p.Split("e", "merged_with_next"),
    }
    for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
        for invert in (False, True):
            steps[f"Split letters {behavior} {invert}"] = split(r"\p{L}+|\s", behavior, invert)
    patterns = [
        r"[一-龥\u3040-ゟ゠-ヿ]+", r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))", r"(?<=[a-z])(?=[A-Z])[A-Z]+", r"(?<!\w)\w", r"\w+?\b", r"(?>a+|an)d",
        r"(?i)HELLO|straSe|k", r"[^\P{L}a-m]+", r"[\w&&[^\d_]]+", r"\d{2,}?", r"(?:ab?)*c|x{0,2}y", r"^\s*\S|\S$", r"\p{Lu}\p{Ll}++",
        r"\S*+", r"[a-z]*ing|[[:alpha:]]{3,5}", r"\x20\x{41}|\u0065", r"(a|b|(c|d)+)*e", r"\p{Han}+|\p{Hiragana}+|\p{Katakana}+", r"(?:a?){3}b|\p{^L}{2}",
        r"\p{N}{1,2}+", r"[\p{Lu}\p{Lt}]+?[a-z]",
    ]
    for number, pattern in enumerate(patterns):
        steps[f"Pattern {number}"] = split(pattern, "isolated")
    for name, step in steps.items():
        pieces = [piece for text in TEXTS for piece, _ in step.pre_tokenize_str(text)]
        yield word_level(f"pre-tokenizer {name}", pieces, pre_tokenizer=step)


def normalizer_cases():
    n = normalizers
    steps = {
        "NFC": n.NFC(), "NFD": n.NFD(), "NFKC": n.NFKC(), "NFKD": n.NFKD(), "Lowercase": n.Lowercase(),
        "Strip": n.Strip(), "Strip left": n.Strip(left=True, right=False),
        "StripAccents": n.Sequence([n.NFD(), n.StripAccents()]), "Bert": n.BertNormalizer(),
        "Bert cased": n.BertNormalizer(lowercase=False, strip_accents=None), "Prepend": n.Prepend("▁"),
        "Replace": n.Replace(" ", "▁"), "Replace regex": n.Replace(Regex(r"\s+"), "_"),
        "Replace shrink": n.Replace(Regex(r"[aeiou]"), ""), "ByteLevel": n.ByteLevel(),
    }
    for name, step in steps.items():
        yield word_level(f"normalizer {name}", [step.normalize_str(text) for text in TEXTS], normalizer=step)


def decoder_cases():
    d = decoders
    tokens = ["▁Hello", "▁", "world", "<0xE4>", "<0xBD>", "<0xA0>", "<0xFF>", "Ġa", "Ċ", "é", "##ing", "##s", "low</w>", "er",
              ".", "n't", " do not", "'s", "Ã©", "â", "Ĥ", "¬", "  x  ", "ĠĠ", "a b", "👍", "<0x41>", ","]
    lists = [[0, 1, 2], [3, 4, 5, 0], [3, 4, 6, 2], [3, 4, 5, 6, 0], [7, 8, 18, 19, 20, 21], [19, 20], [21, 7, 19, 7], [24, 7],
             [12, 13, 10, 11], [10, 13, 14, 15, 16, 17, 27], [22, 22], [23, 25, 26, 3], [], [1, 1, 0, 1, 1], [9, 25]]
    steps = {
        "none": None, "ByteLevel": d.ByteLevel(), "Metaspace": d.Metaspace(), "Metaspace never": d.Metaspace(prepend_scheme="never"),
        "ByteFallback": d.ByteFallback(), "WordPiece": d.WordPiece(), "WordPiece uncleaned": d.WordPiece(cleanup=False),
        "BPEDecoder": d.BPEDecoder(), "Strip": d.Strip(" ", 1, 0),
        "llama": d.Sequence([d.Replace("▁", " "), d.ByteFallback(), d.Fuse(), d.Strip(" ", 1, 0)]),
        "llama both": d.Sequence([d.Replace("▁", " "), d.ByteFallback(), d.Fuse(), d.Strip(" ", 2, 2)]),
        "gemma": d.Sequence([d.Replace("▁", " "), d.ByteFallback(), d.Fuse()]),
        "fused replace": d.Sequence([d.Fuse(), d.Replace(Regex("l+"), "L")]),
        "fallback metaspace": d.Sequence([d.ByteFallback(), d.Metaspace()]),
    }
    for name, step in steps.items():
        tokenizer = Tokenizer(models.WordLevel({token: id for id, token in enumerate(tokens)}, unk_token="."))
        if step is not None:
            tokenizer.decoder = step
        # The library itself crashes where Strip has to shorten an empty text.
        kept = [ids for ids in lists if ids or "both" not in name]
        yield {"name": f"decoder {name}", "tokenizer": json.loads(tokenizer.to_str()), "vectors": [],
               "decodings": [{"ids": ids, "text": tokenizer.decode(ids)} for ids in kept]}


def added(id, content, **flags):
    base = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": id, "content": content, **{**base, **flags}}


def with_added(tokenizer, first):
    content = json.loads(tokenizer.to_str())
    content["added_tokens"] += [
        added(first, "<|end|>"), added(first + 1, "<|pad|>", lstrip=True, rstrip=True),
        added(first + 2, "<w>", single_word=True), added(first + 3, "River", normalized=True, special=False),
        added(first + 4, "<|end|>y", special=False), added(first + 5, "<W>", rstrip=True, special=False)]
    return Tokenizer.from_str(json.dumps(content))


def model_cases():
    texts = TEXTS + CORPUS + ["River river ariver", "<|end|><|end|>y<|pad|>  <|pad|>", " <w>,<w> x<w> <w><w>"]
    for name, step in (("gpt2", pre_tokenizers.ByteLevel(add_prefix_space=False)),
                       ("llama3", pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(GPT4), "isolated"),
                                                           pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))):
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = step
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=340, min_frequency=2, show_progress=False, special_tokens=["<s>", "</s>"],
                                      initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
        tokenizer.train_from_iterator(CORPUS, trainer)
        if name == "llama3":
            from tokenizers.processors import TemplateProcessing
            tokenizer.post_processor = TemplateProcessing(
                single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
            tokenizer.normalizer = normalizers.NFC()
        yield case(f"model byte-level {name}", with_added(tokenizer, 340), texts, offsets=name == "gpt2", skips=(True, False))
    for name, fallback, fuse in (("byte fallback", True, True), ("fused unknown", False, True), ("unknown", False, False)):
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=fallback, fuse_unk=fuse))
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        special = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
        trainer = trainers.BpeTrainer(vocab_size=420 if fallback else 160, show_progress=False, special_tokens=special[:3], max_token_length=8)
        tokenizer.train_from_iterator(CORPUS, trainer)
        content = json.loads(tokenizer.to_str())
        vocabulary = content["model"]["vocab"]
        for token in special[3:]:
            vocabulary[token] = len(vocabulary)
        content["decoder"] = {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
        yield case(f"model characters {name}", Tokenizer.from_str(json.dumps(content)), texts, skips=(True, False))
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", continuing_subword_prefix="##"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.BPEDecoder()
    trainer = trainers.BpeTrainer(vocab_size=200, show_progress=False, special_tokens=["<unk>"], end_of_word_suffix="</w>",
                                  continuing_subword_prefix="##")
    tokenizer.train_from_iterator(CORPUS, trainer)
    yield case("model suffix", tokenizer, texts, offsets=True)
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(
        vocab_size=150, show_progress=False, special_tokens=["[UNK]", "[CLS]", "[SEP]"]))
    from tokenizers.processors import BertProcessing
    tokenizer.post_processor = BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    yield case("model wordpiece", tokenizer, texts, skips=(True, False))


def training():
    rows = []
    for name, step in (("gpt2", pre_tokenizers.ByteLevel(add_prefix_space=False)),
                       ("llama3", pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(GPT4), "isolated"),
                                                           pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))):
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = step
        tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
            vocab_size=420, min_frequency=2, show_progress=False, special_tokens=["<s>", "</s>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
        model = json.loads(tokenizer.to_str())["model"]
        rows.append({"split": name, "texts": CORPUS, "vocab_size": 420, "special_tokens": ["<s>", "</s>"],
                     "vocab": model["vocab"], "merges": model["merges"]})
    return rows


with open(HERE / "cases.jsonl", "w") as file:
    for maker in (pre_tokenizer_cases, normalizer_cases, decoder_cases, model_cases):
        for row in maker():
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
(HERE / "training.json").write_text(json.dumps(training(), ensure_ascii=False) + "\n")
