import CKernels

extension Processor {
    /// Multiply-adds in registers alone, on the calling thread, in the instruction set in use: returns the floating
    /// point operations done, a multiply-add being two. Over the time that it takes, the peak of one processor.
    public static func multiplyInRegisters(rounds: Int, precision: ProductPrecision) -> Int {
        Int(ck_peak_work(precision == .bfloat16 ? 1 : 0, Int64(rounds)))
    }
}
