/// Expressions that published tokenizers cut words with, for sources that name them only.
enum KnownPatterns {
    private static let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    private static let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    private static let contraction = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#
    private static let tail = #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    /// GPT-4o, gpt-oss, Llama 4: words end where lower case turns to upper case.
    static let o200k =
        #"[^\r\n\p{L}\p{N}]?"# + upper + "*" + lower + "+" + contraction + #"|[^\r\n\p{L}\p{N}]?"# + upper + "+" + lower
        + "*" + contraction + #"|\p{N}{1,3}"# + tail
    /// Mistral's Tekken: the same without contractions, one digit a piece.
    static let tekken =
        #"[^\r\n\p{L}\p{N}]?"# + upper + "*" + lower + #"+|[^\r\n\p{L}\p{N}]?"# + upper + "+" + lower + #"*|\p{N}"#
        + tail
    /// Of DeepSeek V3, after numbers and Chinese and Japanese have been cut off.
    static let deepseek3 =
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"##
        + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
    /// BLOOM.
    static let bloom = " ?[^(\\s|[.,!?…。，、।۔،])]+"
    /// CLIP.
    static let clip = #"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
}
