import Front
import HTTPService
import Outbox
import SyncCore

extension FuzzTarget {
    /// What comes in over a connection, in pieces that nobody chose.
    static let conversations = [
        FuzzTarget("front-frames") { checkFrames(FrontFrame.self, $0) },
        FuzzTarget("engine-frames") { checkFrames(EngineFrame.self, $0) },
        FuzzTarget("smtp-reply", checkReplies), FuzzTarget("smtp-server", checkServer),
        FuzzTarget("http-head", checkHead),
    ]

    private static let pieces = [1, 5, Int.max]

    private static func checkFrames<Content: Frame>(
        _ type: Content.Type, _ bytes: [UInt8]
    ) -> String? {
        let whole = frames(type, cut(bytes, into: .max))
        for count in pieces where frames(type, cut(bytes, into: count)) != whole {
            return "the size of the pieces matters to frames"
        }
        let written = whole.flatMap(\.encoded)
        guard Array(bytes.prefix(written.count)) == written else {
            return "a frame is written in another way than it was read"
        }
        return whole.allSatisfy(\.fits) ? nil : "a frame was taken that is too long"
    }

    private static func frames<Content: Frame>(
        _ type: Content.Type, _ pieces: [[UInt8]]
    ) -> [Content] {
        var decoder = FrameDecoder<Content>()
        var frames: [Content] = []
        do throws(FrameError) {
            for piece in pieces {
                decoder.append(piece)
                while let frame = try decoder.next() { frames.append(frame) }
            }
        } catch {
            return frames
        }
        return frames
    }

    private static func checkReplies(_ bytes: [UInt8]) -> String? {
        let whole = replies(cut(bytes, into: .max))
        for count in pieces where replies(cut(bytes, into: count)).suffix(1) != whole.suffix(1) {
            return "the size of the pieces matters to replies"
        }
        for reply in replies(cut(bytes, into: 1)) {
            guard (200...599).contains(reply.code),
                reply.lines.count <= SMTPReplyParser.linesMaximum,
                reply.lines.allSatisfy({ !$0.unicodeScalars.contains { $0.value < 32 } })
            else { return "a reply was taken that is none, or carries a control character" }
        }
        return nil
    }

    private static func replies(_ pieces: [[UInt8]]) -> [SMTPReply] {
        var parser = SMTPReplyParser()
        var replies: [SMTPReply] = []
        do throws(SMTPReplyParser.Violation) {
            for piece in pieces { replies += try parser.consume(piece) }
        } catch {
            // What one piece held before the violation is dropped with it: nobody reads on.
            return []
        }
        return replies
    }

    private static func checkServer(_ bytes: [UInt8]) -> String? {
        let endings = pieces.map { serve(cut(bytes, into: $0)) }
        guard endings.allSatisfy({ $0 == endings.first }) else {
            return "the size of the pieces matters to the mail server"
        }
        return endings.lazy.compactMap(\.wrong).first
    }

    /// What a program that hands in mail was told, and what was stored.
    private struct Conversation: Equatable {
        var replies: [SubmissionReply] = []
        var mails: [SubmittedMail] = []
        var wrong: String?
    }

    private static func serve(_ pieces: [[UInt8]]) -> Conversation {
        var dialogue = SubmissionDialogue(hostName: "host.example")
        var conversation = Conversation()
        var pending = dialogue.handle(.opened(isIdentified: true), at: .zero)
        var fed = 0
        var rest = pieces[...]
        while true {
            while !pending.isEmpty {
                switch pending.removeFirst() {
                case .reply(let reply):
                    conversation.replies.append(reply)
                    if reply.lines.contains(where: { $0.utf8.contains { $0 < 32 } }) {
                        conversation.wrong = "a reply carries a control character"
                    }
                case .authenticate:
                    pending += dialogue.handle(.authenticated(false), at: .zero)
                case .store(let mail):
                    conversation.mails.append(mail)
                    if mail.bytes.count > fed { conversation.wrong = "a mail grew" }
                    pending += dialogue.handle(.stored("1"), at: .zero)
                case .close: return conversation
                }
            }
            if dialogue.heldByteCount > fed { conversation.wrong = "more is held than came" }
            guard let piece = rest.popFirst() else { return conversation }
            fed += piece.count
            pending = dialogue.handle(.received(piece), at: .zero)
        }
    }

    /// Lines are fields; the first one is the request line.
    private static func checkHead(_ bytes: [UInt8]) -> String? {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let words = (lines.first ?? []).split(
            separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3 else { return nil }
        let fields = lines.dropFirst().map { line -> (name: [UInt8], value: [UInt8]) in
            let halves = line.split(
                separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
            return (Array(halves[0]), halves.count == 2 ? Array(halves[1]) : [])
        }
        let head = RequestHead(
            method: String(decoding: words[0], as: UTF8.self), target: Array(words[1]),
            version: String(decoding: words[2], as: UTF8.self), fields: Array(fields))
        let limits = HTTPLimits()
        do throws(HTTPRefusal) {
            let accepted = try head.accepted(within: limits)
            guard accepted.path.hasPrefix("/"), !accepted.path.contains("/../"),
                !accepted.path.utf8.contains(0), accepted.bodyBytes <= limits.bodyBytesMaximum,
                accepted.fields.filter({ $0.name == "content-length" }).count <= 1,
                !accepted.fields.contains(where: { $0.name == "transfer-encoding" })
            else { return "a head was accepted that programs read differently" }
            return nil
        } catch {
            return nil
        }
    }
}
