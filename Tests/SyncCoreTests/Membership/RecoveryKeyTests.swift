import SyncCore
import TestSupport
import Testing

struct RecoveryKeyTests {
    private let key = RecoveryKey(randomFrom: ManualEnvironment().environment)

    private func read(_ text: String) -> Result<RecoveryKey, RecoveryKeyError> {
        var bytes = Array(text.utf8)
        let secret = SecretBytes(consuming: &bytes)
        return Result { () throws(RecoveryKeyError) in try RecoveryKey(secret) }
    }

    private func failure(_ text: String) -> RecoveryKeyError? {
        if case .failure(let error) = read(text) { error } else { nil }
    }

    @Test func `What was written on paper gives the same two keys, however it is typed`() throws {
        let text = key.text
        #expect(text.count == 14 * 4 + 13)
        let spellings = [
            text, text.uppercased(), text.filter { $0 != "-" }, "  \(text)\r\n",
            text.map { $0 == "-" ? "\n" : String($0) }.joined(),
            text.replacing("0", with: "o").replacing("1", with: "l"),
        ]
        for spelling in spellings {
            let again = try read(spelling).get()
            #expect(again.databaseKey.target == key.databaseKey.target)
            #expect(again.organisationKey.verificationKey == key.organisationKey.verificationKey)
        }
    }

    @Test func `The two keys of one paper have nothing in common`() {
        let other = RecoveryKey(randomFrom: ManualEnvironment(seed: 2).environment)
        #expect(key.databaseKey.target != other.databaseKey.target)
        #expect(key.databaseKey.target.bytes != key.organisationKey.verificationKey.bytes)
    }

    // Made by another program from docs/FILE_FORMAT.md. Another derivation would make every
    // paper worthless.
    @Test func `The keys are derived as the format says`() throws {
        let paper = try read(
            "000g-40r4-0m30-e209-185g-r38e-1w81-24gk-2gah-c5rr-34d1-p70x-3rfr-xmtk"
        ).get()
        #expect(
            paper.databaseKey.target.bytes.hexadecimal
                == "babd8b8e457559faf396293ad39b7557502197da898ade889a72719a17dd4e50")
        #expect(
            paper.organisationKey.verificationKey.bytes.hexadecimal
                == "210f79d91cf182ffb1ceb13a85dba111843941c7ebe9bdf3a1b9e1f9802869a9")
        #expect(paper.text.hasPrefix("000g-40r4-"))
    }

    @Test func `One wrong character is called mistyped at every place`() {
        let text = Array(key.text)
        for index in text.indices where text[index] != "-" {
            var changed = text
            changed[index] = text[index] == "7" ? "8" : "7"
            #expect(failure(String(changed)) == .mistyped, "\(index)")
            changed[index] = "!"
            #expect(failure(String(changed)) == .wrongCharacter(group: index / 5 + 1), "\(index)")
            changed.remove(at: index)
            #expect(failure(String(changed)) == .wrongLength(count: 55, expected: 56), "\(index)")
        }
    }

    @Test func `Two groups that changed places are called mistyped`() {
        let groups = key.text.split(separator: "-")
        for index in 1..<groups.count where groups[index] != groups[0] {
            var swapped = groups
            swapped.swapAt(0, index)
            #expect(failure(swapped.joined(separator: "-")) == .mistyped, "\(index)")
        }
    }

    @Test func `An error says what to do in both languages and repeats nothing that was typed`() {
        for text in [key.text + "ñ", String(key.text.dropLast()), "7" + key.text.dropFirst()] {
            guard let error = failure(text) else { continue }
            #expect(error.explanation.es.contains("mal escrita"))
            #expect(error.explanation.en.contains("mistyped"))
            #expect(error.exitStatus == .badData)
            for group in key.text.split(separator: "-") {
                #expect(!error.explanation.es.contains(group))
                #expect(!"\(error)".contains(group))
            }
        }
    }
}
