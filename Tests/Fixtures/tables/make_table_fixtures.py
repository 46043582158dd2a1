"""Writes the fixtures of TablesTests, DecompressionTests and DatasetsTests in this folder.

Needs pyarrow. Every row is invented. What a reader must find stands beside each file as `<name>.jsonl`.
"""
import csv
import gzip
import io
import json
import os
import random
import zlib

import pyarrow as pa
import pyarrow.parquet as pq

HERE = os.path.dirname(os.path.abspath(__file__))


def put(name, data):
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(data)


def lines(name, rows):
    put(name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


# Conversations as `datasets` writes them: a list of structs, with tool calls on some turns only.
CALL = pa.struct([("type", pa.string()), ("function", pa.struct([("name", pa.string()), ("arguments", pa.string())]))])
MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string()), ("tool_calls", pa.list_(CALL))])


def turn(role, content, calls=None):
    return {"role": role, "content": content, "tool_calls": calls}


def conversations(count):
    rows = []
    for index in range(count):
        messages = [turn("user", f"What is {index} plus {index}?"), turn("assistant", f"{index + index}")]
        if index % 3 == 1:
            call = {"type": "function", "function": {"name": "add", "arguments": f'{{"a": {index}}}'}}
            messages = [turn("user", "Add it."), turn("assistant", None, [call]), turn("tool", "…"), *messages[1:]]
        rows.append({"messages": messages, "id": index, "score": None if index % 4 == 0 else index / 8})
    return rows


def messages_file():
    rows = conversations(40)
    schema = pa.schema([("messages", pa.list_(MESSAGE)), ("id", pa.int64()), ("score", pa.float64())])
    table = pa.Table.from_pylist(rows, schema=schema)
    pq.write_table(table, os.path.join(HERE, "messages.parquet"), compression="snappy", row_group_size=16)
    lines("messages.jsonl", rows)


# Every encoding and codec over the same texts, numbers and lists.
def plain_rows(count):
    random.seed(5)
    rows = []
    for index in range(count):
        rows.append(
            {
                "text": None if index % 7 == 3 else f"row/{index // 4}/é漢😀 {'x' * (index % 11)}",
                "number": None if index % 5 == 4 else random.randint(-(2**40), 2**40),
                "small": index % 3,
                "flag": index % 2 == 0,
                "real": index / 16,
                "list": None if index % 6 == 5 else [None if step == 2 else step * index for step in range(index % 4)],
            }
        )
    return rows


def encodings():
    schema = pa.schema(
        [
            ("text", pa.string()),
            ("number", pa.int64()),
            pa.field("small", pa.int32(), nullable=False),
            ("flag", pa.bool_()),
            ("real", pa.float32()),
            ("list", pa.list_(pa.int64())),
        ]
    )
    rows = plain_rows(60)
    lines("encodings.jsonl", rows)
    table = pa.Table.from_pylist(rows, schema=schema)
    kinds = {
        "dictionary-v1-snappy": dict(compression="snappy", data_page_version="1.0"),
        "dictionary-v2-zstd": dict(compression="zstd", data_page_version="2.0", data_page_size=64),
        "plain-v1-gzip": dict(compression="gzip", use_dictionary=False, write_page_checksum=True),
        "plain-v2-lz4": dict(compression="lz4", use_dictionary=False, data_page_version="2.0", row_group_size=7),
        "plain-v1-none": dict(compression="none", use_dictionary=False, data_page_size=32, write_batch_size=4),
        "delta-v2-none": dict(
            compression="none",
            use_dictionary=False,
            data_page_version="2.0",
            column_encoding={
                "text": "DELTA_BYTE_ARRAY",
                "number": "DELTA_BINARY_PACKED",
                "small": "DELTA_BINARY_PACKED",
                "flag": "RLE",
                "real": "BYTE_STREAM_SPLIT",
                "list.list.element": "DELTA_BINARY_PACKED",
            },
        ),
        "delta-v1-snappy": dict(
            compression="snappy",
            use_dictionary=False,
            column_encoding={"text": "DELTA_LENGTH_BYTE_ARRAY", "number": "BYTE_STREAM_SPLIT"},
        ),
        "brotli": dict(compression="brotli"),
    }
    for name, options in kinds.items():
        pq.write_table(table, os.path.join(HERE, f"encodings-{name}.parquet"), **options)


def types():
    import datetime
    import decimal

    utc = datetime.timezone.utc
    columns = {
        "date": pa.array([datetime.date(1, 1, 1), datetime.date(1969, 12, 31), datetime.date(2024, 2, 29)], pa.date32()),
        "milli": pa.array([datetime.datetime(1900, 3, 1, 1, 2, 3, 4000), None, datetime.datetime(1970, 1, 1)], pa.timestamp("ms")),
        "zone": pa.array([datetime.datetime(2024, 5, 6, 7, 8, 9, 123456, utc)] * 3, pa.timestamp("us", tz="UTC")),
        "time": pa.array([datetime.time(23, 59, 59, 999999), datetime.time(0), None], pa.time64("us")),
        "decimal": pa.array([decimal.Decimal("-0.05"), decimal.Decimal("123456789012345678901234567.89"), None], pa.decimal128(38, 2)),
        "unsigned": pa.array([0, 2**32 - 1, 7], pa.uint32()),
        "half": pa.array([0.5, -2.0, 65504.0], pa.float16()),
        "bytes": pa.array([b"plain", b"\xff\x00", b""], pa.binary()),
        "map": pa.array([[("a", 1), ("b", None)], [], None], pa.map_(pa.string(), pa.int32())),
        "keys": pa.array([[(1, "x")], [(2, "y"), (3, "z")], []], pa.map_(pa.int32(), pa.string())),
        "deep": pa.array([[[{"k": [1]}], []], None, [[None, {"k": []}]]], pa.list_(pa.list_(pa.struct([("k", pa.list_(pa.int8()))])))),
        "nothing": pa.nulls(3),
    }
    pq.write_table(pa.table(columns), os.path.join(HERE, "types.parquet"), compression="none")
    want = [
        {
            "date": "0001-01-01", "milli": "1900-03-01T01:02:03.004000", "zone": "2024-05-06T07:08:09.123456+00:00",
            "time": "23:59:59.999999", "decimal": "-0.05", "unsigned": 0, "half": 0.5, "bytes": "plain",
            "map": {"a": 1, "b": None}, "keys": [[1, "x"]], "deep": [[{"k": [1]}], []], "nothing": None,
        },
        {
            "date": "1969-12-31", "milli": None, "zone": "2024-05-06T07:08:09.123456+00:00", "time": "00:00:00",
            "decimal": "123456789012345678901234567.89", "unsigned": 2**32 - 1, "half": -2.0, "bytes": "/wA=",
            "map": {}, "keys": [[2, "y"], [3, "z"]], "deep": None, "nothing": None,
        },
        {
            "date": "2024-02-29", "milli": "1970-01-01T00:00:00", "zone": "2024-05-06T07:08:09.123456+00:00",
            "time": None, "decimal": None, "unsigned": 7, "half": 65504.0, "bytes": "", "map": None, "keys": [],
            "deep": [[None, {"k": []}]], "nothing": None,
        },
    ]
    lines("types.jsonl", want)


# Delimited text, and what Python's csv makes of it.
CSV_CASES = [
    ",", 'a,b\n1,2\n', 'a,b\r\n1,2\r\n', 'a,b\r1,2\r', 'a;b\n1;"x;y"\n', 'a\tb\n"1\t2"\t3',
    'a,b\n"line\nbreak","quote "" inside"\n', 'a,b\nplain "quote" inside,2\n', 'a,b\n"closed"tail,2\n', 'a,b\n"",\n',
    'a,b\n\n\n1,2\n', 'a,b\n 1 ," 2"\n', 'a,b\n1\n1,2,3\n', '"a"\n"x\r\ny"\n', 'a,b\n"never closed,2\n3,4\n', '"',
    'a,b\n1,"2"\r\n"3","4"', '\u00e9,\u6f22\n\U0001f600,"\u2028"\n', 'a,b\n"""",""""""\n', ',,\n,,\n',
]


def csv_cases():
    random.seed(11)
    cases = list(CSV_CASES)
    for _ in range(180):
        cases.append("".join(random.choice('ab,,;\t""\n\n\r |x') for _ in range(random.randint(1, 24))))
    found = []
    for text in cases:
        delimiter = random.choice(",,,;\t|")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
        found.append({"text": text, "delimiter": delimiter, "rows": rows})
    lines("csv-cases.jsonl", found)


def packed():
    random.seed(3)
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]
    text = " ".join(random.choice(words) + str(random.randrange(40)) for _ in range(6000)).encode()
    noise = random.randbytes(3000)
    mixed = text[:9000] + noise + text[:9000] + b"\0" * 5000 + text[9000:]
    put("mixed.raw.gz", gzip.compress(mixed, 9, mtime=0))
    stored = zlib.compressobj(0, zlib.DEFLATED, 31)
    put("stored.gz", stored.compress(noise) + stored.flush())
    fixed = zlib.compressobj(9, zlib.DEFLATED, 31, 9, zlib.Z_FIXED)
    put("fixed.gz", fixed.compress(text[:700]) + fixed.flush())
    put("members.gz", gzip.compress(text[:500], mtime=0) + gzip.compress(text[500:1000], mtime=0) + bytes(64))
    put("wrapped.zlib", zlib.compress(text[:2000], 6))
    for level in (1, 19):
        put(f"mixed-{level}.zst", pa.Codec("zstd", level).compress(mixed, asbytes=True))
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(mixed)
    put("mixed-stream.zst", sink.getvalue().to_pybytes())
    put("skipped.zst", b"\x53\x2a\x4d\x18\x03\0\0\0abc" + pa.Codec("zstd").compress(noise, asbytes=True))
    put("mixed.snappy", pa.Codec("snappy").compress(mixed, asbytes=True))
    put("mixed.lz4", pa.Codec("lz4_raw").compress(mixed, asbytes=True))


if __name__ == "__main__":
    messages_file()
    encodings()
    types()
    csv_cases()
    packed()
