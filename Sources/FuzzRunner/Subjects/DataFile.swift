import Datasets

extension FuzzSubject {
    /// Whole data files of any format: found by content, read, their shape decided.
    static let dataset = FuzzSubject(
        "dataset",
        words: [
            "\"messages\"", "\"conversations\"", "\"from\"", "\"value\"", "\"role\"", "\"content\"", "\"prompt\"",
            "\"chosen\"", "\"rejected\"", "\"completion\"", "\"label\"", "\"input_ids\"", "\"labels\"",
            "\"tool_calls\"",
            "\\n\\nHuman: ", "\\n\\nAssistant: ", "\"instruction\"", "\"output\"", "\"text\"", "\"history\"",
        ],
        seeds: {
            FixtureSeeds.files(in: "tables", ".jsonl", ".gz", ".zst", "messages.parquet") + rows.map { Array($0.utf8) }
        },
        read: { bytes in
            guard let rows = try? DatasetFile.read(path: ScratchFile.holding(bytes)) else { return }
            for example in rows.examples.prefix(50) { _ = example.promptText }
        })

    private static let rows = [
        #"{"instruction":"Add","input":"1 2","output":"3","history":[["a","b"]],"system":"s"}"# + "\n",
        #"{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"assistant","content":"","#
            + #""tool_calls":[{"function":{"name":"f","arguments":"{\"x\":1}"}}],"weight":0}],"tools":[]}"# + "\n",
        #"{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}],"tools":"[]"}"# + "\n",
        #"{"chosen":"\n\nHuman: a\n\nAssistant: b","rejected":"\n\nHuman: a\n\nAssistant: c"}"# + "\n",
        #"{"prompt":"p","completion":"c","label":true}"# + "\n" + #"{"prompt":"p","completion":"d","label":false}"#
            + "\n",
        #"{"input_ids":[1,2,3],"attention_mask":[1,1,1],"labels":[-100,2,3]}"# + "\n",
        "prompt,answer,id,parent_id\n\"a\nb\",c,1,\nd,e,2,1\n",
        #"[{"question":{"stem":"q","choices":[{"text":"x","label":"A"}]},"answerKey":"A"}]"#,
        "plain text\n\nof two paragraphs\n",
    ]
}
