import Foundation
import Tensors
import Testing

@Suite("the instruction set that FTBENCH_ISA asks for")
struct RequestedSetTests {
    @Test("is in use, or the request is reported as ignored")
    func requested() {
        guard let request = ProcessInfo.processInfo.environment["FTBENCH_ISA"], !request.isEmpty else {
            #expect(Processor.ignoredInstructionSetRequest == nil)
            #expect(Processor.supportedInstructionSets.contains(Processor.instructionSet))
            return
        }
        #expect(Processor.instructionSet == request)
        #expect(Processor.ignoredInstructionSetRequest == nil)
    }
}
