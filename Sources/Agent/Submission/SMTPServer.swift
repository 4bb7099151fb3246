import Dispatch
import Outbox
import SyncCore

/// The agent's way in for programs that speak SMTP to this machine.
///
/// 250 after the mail means that it is on stable storage. A program is known by its login, which
/// the kernel tells of connections from this machine, or by the password of an application.
final class SMTPServer: Sendable {
    private let loop: SMTPLoop
    private let desk: SubmissionDesk
    /// Where it listens.
    let address: LoopbackAddress

    init(listener: LoopbackListener, engine: Engine) {
        address = listener.address
        desk = SubmissionDesk(engine: engine)
        loop = SMTPLoop(listener: listener, environment: engine.environment)
    }

    /// Serves until the task is cancelled, and everybody who waited has his verdict.
    func run() async {
        let (works, door) = AsyncStream.makeStream(of: SMTPLoop.Work.self)
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.runLoop(door) }
                // Not `for await`: that would end with the task, and leave answers owed.
                var iterator = works.makeAsyncIterator()
                while let work = await iterator.next(isolation: nil) {
                    group.addTask { await self.carryOut(work) }
                }
            }
        } onCancel: {
            loop.requestStop()
        }
    }

    /// Runs the loop on a thread that may block.
    private func runLoop(_ door: AsyncStream<SMTPLoop.Work>.Continuation) async {
        let queue = DispatchQueue(label: "syncmail.smtp")
        await withCheckedContinuation { continuation in
            queue.async {
                self.loop.run { door.yield($0) }
                door.finish()
                continuation.resume()
            }
        }
    }

    private func carryOut(_ work: SMTPLoop.Work) async {
        switch work {
        case .open(let id): loop.post(.granted(await desk.submissionLimits()), to: id)
        case .authenticate(let id, let name, let password):
            loop.post(.login(await desk.caller(named: name, password)), to: id)
        case .store(let id, let mail, let caller):
            loop.post(.mail(await store(mail, from: caller)), to: id)
        }
    }

    private func store(
        _ mail: SubmittedMail, from caller: MailCaller
    ) async -> SubmissionDialogue.Event {
        do {
            let intake = try MessageIntake(reading: mail.bytes, for: mail.recipients)
            let taken = try await desk.take(
                intake, from: caller, by: .smtp, sender: mail.sender,
                submission: SubmissionID(randomFrom: desk.engine.environment))
            return .stored(taken.receipt.message.description)
        } catch let error as any ExplainedError {
            return .refused(SubmissionReply(error))
        } catch {
            return .refused(SubmissionReply(451, "4.3.0", "an error of syncmail"))
        }
    }
}

extension SubmissionReply {
    /// Tells a program why its mail was not stored.
    init(_ error: any ExplainedError) {
        let text = error.explanation.en
        switch error {
        case let error as IntakeError:
            let status = error.enhancedStatus
            self.init(status == "5.3.4" ? 552 : status == "5.1.1" ? 550 : 554, status, text)
        case is SendRefusal: self.init(550, "5.7.1", text)
        default:
            switch error.exitStatus {
            case .badData, .usage: self.init(554, "5.6.0", text)
            case .notPermitted, .noSuchUser: self.init(550, "5.7.1", text)
            case .configuration: self.init(451, "4.3.5", text)
            default: self.init(451, "4.3.0", text)
            }
        }
    }
}
