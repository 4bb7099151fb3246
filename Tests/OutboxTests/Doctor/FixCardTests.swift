import Foundation
import SyncCore
import Testing

@testable import Outbox

struct FixCardTests {
    @Test func `every code has a card of its own, in Spanish and in English`() {
        #expect(DiagnosisCode.allCases.count >= 40)
        var causes: Set<String> = []
        for code in DiagnosisCode.allCases {
            let card = code.card
            #expect(card.code == code)
            #expect(causes.insert(card.cause.es).inserted, "\(code.rawValue) shares a card")
            for text in [card.cause, card.action] {
                #expect(text.es != text.en, "\(code.rawValue)")
                for words in [text.es, text.en] {
                    #expect(words.hasSuffix("."), "\(code.rawValue): \(words)")
                    #expect(!words.contains("verify=false"))
                }
            }
        }
    }

    @Test func `a code is found however it is typed`() {
        #expect(DiagnosisCode(typed: "av-mail-shield") == .mailShield)
        #expect(DiagnosisCode(typed: "O365_SMTP_AUTH_OFF") == .officeAuthOff)
        #expect(DiagnosisCode(typed: "error.txt") == nil)
    }

    @Test func `every cause of a connection that failed leads to a card`() {
        let silent: Set<TransportFailure.Cause> = [.overtaken, .cancelled]
        for cause in TransportFailure.Cause.allCases {
            #expect((DiagnosisCode(cause) == nil) == silent.contains(cause), "\(cause)")
        }
    }

    @Test func `the documentation lists every code`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appending(path: "docs/DIAGNOSIS.md"), encoding: .utf8)
        for code in DiagnosisCode.allCases {
            #expect(text.contains("`\(code.rawValue)`"), "\(code.rawValue)")
        }
    }
}
