"""Writes pipelines.jsonl and sources.jsonl beside this file.

pipelines.jsonl: the pipelines of published tokenizers (normalizer, pre-tokenizer, post-processor, decoder) over small
vocabularies of every model kind, trained on texts of our own, and what the Hugging Face tokenizers library makes of odd
texts with them. sources.jsonl: small sentencepiece models and tiktoken files, and what their own libraries make of texts.
Needs: pip install tokenizers sentencepiece protobuf tiktoken (0.23.3, 0.2.3, 7.36 and 0.14 were used).
"""
import base64
import io
import json
import pathlib
import random

import sentencepiece
import tiktoken
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
shared = {"__file__": __file__}
exec((HERE / "make_tokenizer_fixtures.py").read_text().split("with open(HERE")[0], shared)
CORPUS, GPT4, O200K = shared["CORPUS"], shared["GPT4"], shared["O200K"]
TEXTS = [
    "", " ", "  two  spaces ", "Hello, world! It's 1234567 o'clock; they'VE said", "a\x00b\x7f\x0b", "e\u0301 é \u0301a",
    "👨‍👩‍👧 👍🏽🇩🇪❤️", "日本語テキスト、ーひらがな 漢字 한국어 ᄒ\u1161\u11ab", "ＡＢＣ ﬁ ½ ② ｶﾞ ㌀", "العربية שלום हिन्दी क्ष ไทย",
    "x\u00a0y\u2003z\u200bw\u2028v\u0085u\ufeff\u00ad", "a\r\nb\rc\n\n\n  d\t\te", "x" * 60, "ab" * 30, "▁under▁ ▁▁ Ġa Ċ",
    "<0x41>##ing", "def f(x):\n    return x ** 2  # boat", "Σίσυφος ΣΊΣΥΦΟΣ ß İstanbul ǅ", "\U000f0000\U0010ffff\ufffd\u0378",
    "http://a.b/c?d=1&e=2 snake_case camelCase HTTPServer", "The rowers rest. The river waits; twelve lamps, 240 boats.",
    "<s>a</s> b<|end|><|end|> c", "a <l> b  <l>c <r>  d <lr>  <lr> e", "<w>a <w>,<w> b<w>", "River river aRiver boat s xboat s",
    "café cafe\u0301é", " <mask>  x <mask>",
]
ADDED = [
    AddedToken("<|end|>", normalized=False), AddedToken("<w>", single_word=True, normalized=False),
    AddedToken("<l>", lstrip=True, normalized=False), AddedToken("<r>", rstrip=True, normalized=False),
    AddedToken("<lr>", lstrip=True, rstrip=True, normalized=False), AddedToken("River", normalized=True),
    AddedToken("boat s", normalized=True, single_word=True), AddedToken("é", normalized=True)]
SPECIAL = ["<unk>", "<s>", "</s>", "<pad>", "<mask>"]
TEMPLATE = processors.TemplateProcessing(
    single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
SENTENCE = decoders.Sequence(
    [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
TEKKEN = O200K.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace(r"\p{N}{1,3}", r"\p{N}")
DEEPSEEK = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+")
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
RULES = "ﬁ\tfi\n½\t1/2\nＡ\tA\n ｶﾞ\t カ\ne\u0301\té\n\u3000\t \n\u00a0\t \n\x7f\t\n…\t...\n👍🏽\t👍\n"


def charsmap():
    """A small character map of our own."""
    def code_points(text):
        return " ".join(f"{ord(c):X}" for c in text)

    rules = HERE / "rules.tsv"
    rules.write_text("".join("\t".join(map(code_points, line.split("\t"))) + "\n" for line in RULES.split("\n") if line))
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(train("unigram", normalization_rule_tsv=str(rules)))
    rules.unlink()
    return model.normalizer_spec.precompiled_charsmap


def train(kind, size=160, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 3), model_writer=model, model_type=kind, vocab_size=size, hard_vocab_limit=False,
        minloglevel=2, character_coverage=0.98, **options)
    return model.getvalue()


def split(regex, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(regex), behavior, invert)


def byte_level(*steps, prefix=False):
    return pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=not steps)])


def pipelines():
    n, p, d = normalizers, pre_tokenizers, decoders
    precompiled = n.Precompiled(charsmap())
    space = n.Sequence([n.Prepend("▁"), n.Replace(" ", "▁")])
    albert = n.Sequence([n.Replace("``", '"'), n.NFKD(), n.StripAccents(), n.Lowercase(), precompiled,
                         n.Replace(Regex(" {2,}"), " ")])
    falcon = p.Sequence([p.Punctuation("contiguous"), p.ByteLevel(add_prefix_space=False), p.Digits(False),
                         split("[0-9][0-9][0-9]")])
    deepseek = byte_level(split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK))
    roberta = processors.RobertaProcessing(("</s>", 2), ("<s>", 1))
    bert = processors.BertProcessing(("</s>", 2), ("<s>", 1))
    clip = n.Sequence([n.NFC(), n.Replace(Regex(r"\s+"), " "), n.Lowercase()])
    clip_split = p.Sequence([split(CLIP, "removed", True), p.ByteLevel(add_prefix_space=False)])
    words = p.Sequence([p.WhitespaceSplit(), p.Metaspace()])
    first = p.Sequence([p.WhitespaceSplit(), p.Metaspace(prepend_scheme="first")])
    gemma = p.Split(" ", "merged_with_previous")
    phi = p.Metaspace(prepend_scheme="first", split=False)
    yield "gpt-neox", "BPE", n.NFC(), byte_level(), d.ByteLevel(), processors.ByteLevel()
    yield "o200k", "BPE", None, byte_level(split(O200K)), d.ByteLevel(), TEMPLATE
    yield "tekken", "BPE", None, byte_level(split(TEKKEN)), d.ByteLevel(), TEMPLATE
    yield "deepseek", "BPE", None, deepseek, d.ByteLevel(), TEMPLATE
    yield "falcon", "BPE", None, falcon, d.ByteLevel(), None
    yield "bloom", "BPE", None, byte_level(split(" ?[^(\\s|[.,!?…。，、।۔،])]+")), d.ByteLevel(), None
    yield "roberta", "BPE", None, byte_level(prefix=True), d.ByteLevel(), roberta
    yield "clip", "BPE</w>", clip, clip_split, d.ByteLevel(), roberta
    yield "llama", "BPE bytes", space, None, SENTENCE, TEMPLATE
    yield "phi-3", "BPE bytes", None, phi, SENTENCE, TEMPLATE
    yield "gemma", "BPE bytes", n.Replace(" ", "▁"), gemma, SENTENCE, TEMPLATE
    yield "t5", "Unigram", n.Sequence([precompiled, n.Replace(Regex(" {2,}"), "▁")]), words, d.Metaspace(), TEMPLATE
    yield "albert", "Unigram", albert, p.Metaspace(), d.Metaspace(), TEMPLATE
    yield "xlm-r", "Unigram", precompiled, first, d.Metaspace(), TEMPLATE
    yield "unigram bytes", "Unigram bytes", space, None, SENTENCE, TEMPLATE
    yield "bert", "WordPiece", n.BertNormalizer(), p.BertPreTokenizer(), d.WordPiece("##"), bert
    yield "bert cased", "WordPiece", n.BertNormalizer(lowercase=False), p.BertPreTokenizer(), d.WordPiece("##", False), bert
    yield "words", "WordLevel", n.Sequence([n.Nmt(), n.NFKC()]), p.Whitespace(), None, TEMPLATE
    yield "scripts", "WordLevel", None, p.Sequence([p.UnicodeScripts(), p.FixedLength(4)]), d.Fuse(), None
    yield "ctc", "WordLevel", None, p.Split("", "isolated"), d.CTC("<pad>", "|", True), None


def built(kind, normalizer, pre_tokenizer, decoder, post_processor):
    options = dict(special_tokens=SPECIAL, show_progress=False)
    if kind.startswith("BPE"):
        ending = {"end_of_word_suffix": "</w>"} if kind == "BPE</w>" else {}
        bytes_too = "bytes" in kind
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=bytes_too, byte_fallback=bytes_too, **ending))
        trainer = trainers.BpeTrainer(vocab_size=170, **options, **ending)
    elif kind.startswith("Unigram"):
        tokenizer = Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(vocab_size=130, unk_token="<unk>", **options)
    elif kind == "WordPiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>", max_input_chars_per_word=20))
        trainer = trainers.WordPieceTrainer(vocab_size=150, **options)
    else:
        tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
        trainer = trainers.WordLevelTrainer(vocab_size=90, **options)
    for name, step in (("normalizer", normalizer), ("pre_tokenizer", pre_tokenizer), ("decoder", decoder)):
        if step is not None:
            setattr(tokenizer, name, step)
    tokenizer.train_from_iterator(CORPUS, trainer)
    if post_processor is not None:
        tokenizer.post_processor = post_processor
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    content = json.loads(tokenizer.to_str())
    vocabulary = content["model"]["vocab"]
    if kind == "Unigram bytes":
        content["model"]["byte_fallback"] = True
        vocabulary += [[f"<0x{b:02X}>", -9.5] for b in range(256)]
    if kind == "BPE bytes":
        size = len(vocabulary)
        vocabulary |= {f"<0x{b:02X}>": size + b for b in range(256)}
    known = vocabulary if isinstance(vocabulary, dict) else dict(vocabulary)
    content["added_tokens"] += [
        {"id": len(vocabulary) + place, "content": t.content, "single_word": t.single_word, "lstrip": t.lstrip,
         "rstrip": t.rstrip, "normalized": t.normalized, "special": False}
        for place, t in enumerate(t for t in ADDED if t.content not in known)]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def row(text, ids, framed=None, **texts):
    return {"text": text, "ids": ids, **({"framed": framed} if framed is not None and framed != ids else {}), **texts}


def pipeline_rows():
    random.seed(11)
    for name, kind, *steps in pipelines():
        text = built(kind, *steps)
        tokenizer = Tokenizer.from_str(text)
        rows = []
        for t in TEXTS:
            ids = tokenizer.encode(t, add_special_tokens=False).ids
            rows.append(row(t, ids, tokenizer.encode(t).ids, decoded=tokenizer.decode(ids, skip_special_tokens=False)))
        for _ in range(12):
            ids = [random.randrange(tokenizer.get_vocab_size()) for _ in range(random.randint(1, 7))]
            rows.append({"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
        yield {"name": name, "rows": rows, "tokenizer": text}


def source_rows():
    plain = dict(normalization_rule_name="identity")
    spaced = dict(size=420, normalization_rule_name="identity", remove_extra_whitespaces=False, byte_fallback=True)
    settings = {
        "bpe bytes": ("bpe", spaced), "bpe": ("bpe", dict(plain, add_dummy_prefix=False)), "unigram": ("unigram", plain),
        "unigram symbols": ("unigram", dict(plain, user_defined_symbols=["<sep>", "boat"], control_symbols=["<ctl>"])),
        "unigram suffix": ("unigram", dict(plain, treat_whitespace_as_suffix=True)), "unigram bytes": ("unigram", spaced),
    }
    for name, (kind, options) in settings.items():
        model = train(kind, **options)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        rows = []
        for t in TEXTS + CORPUS:
            if "\x00" in t or "<s>" in t:
                continue
            ids = processor.encode(t)
            known = not any(processor.is_unknown(i) for i in ids) and "suffix" not in name
            rows.append(row(t, ids, **({"decoded": processor.decode(ids)} if known else {})))
        yield {"name": f"sentencepiece {name}", "rows": rows, "model": base64.b64encode(model).decode()}
    alphabet = bytes_to_unicode()
    tokens = [bytes([b]) for b in range(256)]
    for token in json.loads(built("BPE", None, byte_level(), None, None))["model"]["vocab"]:
        if len(token) > 1 and token not in SPECIAL:
            tokens.append(bytes(alphabet[c] for c in token))
    ranks = {t: i for i, t in enumerate(tokens)}
    encoding = tiktoken.Encoding("small", pat_str=GPT4, mergeable_ranks=ranks, special_tokens={})
    rows = [row(t, encoding.encode_ordinary(t), decoded=t) for t in TEXTS + CORPUS]
    file = "".join(f"{base64.b64encode(t).decode()} {r}\n" for t, r in ranks.items())
    yield {"name": "tiktoken", "rows": rows, "model": base64.b64encode(file.encode()).decode()}


def bytes_to_unicode():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    return {**{chr(b): b for b in printable}, **{chr(256 + i): b for i, b in enumerate(others)}}


def write(name, cases):
    with open(HERE / name, "w") as file:
        for case in cases:
            file.write(json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    write("pipelines.jsonl", pipeline_rows())
    write("sources.jsonl", source_rows())
