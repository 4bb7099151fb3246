import Front
import Testing

struct PrivateArgumentTests {
    @Test(
        arguments: [
            (["send", "--subject", "hola", "--to", "a@b"], [PrivateArgument(index: 2, offset: 0)]),
            (["send", "--subject=hola"], [PrivateArgument(index: 1, offset: 10)]),
            (["send", "--subject"], []),
            (["send", "--subjects", "hola"], []),
            (["send", "--", "--subject", "hola"], []),
        ] as [([String], [PrivateArgument])])
    func `the value of the subject is private, and nothing else`(
        arguments: [String], expected: [PrivateArgument]
    ) {
        #expect(PrivateArgument.all(in: arguments) == expected)
    }
}
