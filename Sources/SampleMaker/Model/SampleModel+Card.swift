extension SampleModel {
    static let card = """
        ---
        language: en
        library_name: transformers
        pipeline_tag: text-generation
        ---
        # The sample base model

        A Llama of 3.2 million parameters that ftbench pre-trained itself, to have something small and real to \
        fine-tune: 192 wide, 6 layers, 6 heads (3 for keys and values), feed-forward 512, 4,096 tokens, tied head, \
        rotary positions up to 1,024, bf16.

        **Text.** `SampleMaker corpus` writes it from word lists and sentence patterns of our own: stories, notes about \
        an invented world, letters, conversations, questions and answers, records, copying exercises, and customer \
        messages with answers in prose. Nothing was taken from elsewhere. The triage record of `triage.jsonl` never \
        occurs in it; the kinds of customer messages do.

        **Tokenizer.** Byte-level BPE learned on the same text, every digit a token of its own. Turns are \
        `<|system|>`, `<|user|>` or `<|assistant|>`, the text, `<|end|>` and a line end.

        **Training.** `sample-data/recipes/pretrain.yaml`, by ftbench: one pass over 5.2 million tokens, then one over \
        2.1 million others at half the rate; `make sample-model` does it again.

        **Use.** Demonstrations and tests of fine-tuning. It writes simple English sentences about its small world. It \
        knows nothing of the real one beyond a few plain facts, is often wrong, and must not be relied on. People, towns, \
        orders and addresses in its output are invented.

        """
}
