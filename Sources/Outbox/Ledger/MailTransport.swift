package import SyncCore

/// A way to hand mails to the servers of accounts.
///
/// The live one races the account's routes and speaks SMTP; a test may answer itself.
package protocol MailTransport: Sendable {
    /// Connects to a server of an account and signs in.
    ///
    /// - Parameter account: The account; the transport opens its secret itself.
    /// - Returns: A connection, ready to send.
    /// - Throws: ``MailConnectionFailure`` when no route works.
    func connect(to account: AccountID) async throws -> any MailSession
    /// Tells whether a server of the account can be reached and greets.
    ///
    /// What was found on the way is among the routes.
    func probe(_ account: AccountID) async -> MailProbe
    /// Signs in to an account, and sends nothing.
    ///
    /// - Throws: ``SecretError`` if nothing can be said: the password cannot be opened here, or
    ///   this way cannot sign in without sending.
    func check(_ account: AccountID) async throws -> AccountFinding
}

extension MailTransport {
    /// A way that cannot sign in without sending says nothing.
    package func check(_ account: AccountID) async throws -> AccountFinding {
        throw SecretError(.missing, account: account)
    }
}

/// A connection to a server that takes mail.
package protocol MailSession: Sendable {
    /// The route that was taken, and those that failed before it.
    var routes: [RouteReport] { get }
    /// The server that answers.
    var server: MailServer { get }
    /// Sends mails one after another until there are no more or the connection ends.
    ///
    /// Every mail that `next` gave is reported to `finished` exactly once, also when a closure
    /// throws or the task is cancelled.
    ///
    /// - Parameters:
    ///   - next: The next mail, whose claim is held, or nothing to stop.
    ///   - dataBegins: Writes down that the mail's body may be handed over; if it throws, no
    ///     byte of it is.
    ///   - finished: Takes one outcome for each recipient, in their order.
    /// - Throws: What the closures throw.
    func deliver(
        next: () async throws -> MailTransaction?, dataBegins: (Int) async throws -> Void,
        finished: (Int, [TransactionOutcome]) async throws -> Void
    ) async throws
    /// Takes what was said with the server about a mail that just ended, without secrets.
    ///
    /// - Parameter id: The name of its transaction.
    /// - Returns: The lines; none if the session keeps no record.
    func takeDialogue(of id: Int) async -> [String]
}

extension MailSession {
    package func takeDialogue(of id: Int) async -> [String] { [] }
}

/// A server, as the log names it.
package struct MailServer: Hashable, Sendable {
    package let host: String
    package let port: Int
    /// `implicit` or `starttls`.
    package let security: String

    package init(host: String, port: Int, security: String) {
        self.host = host
        self.port = port
        self.security = security
    }
}

/// One mail for some recipients, from one sender.
package struct MailTransaction: Hashable, Sendable {
    /// The transaction's name, unique on its connection.
    package let id: Int
    /// The address in MAIL FROM.
    package let sender: MailAddress
    package let recipients: [MailAddress]
    /// Headers and body, in lines that end with CRLF.
    package let bytes: [UInt8]
    /// Whether a header needs SMTPUTF8.
    package let isInternational: Bool

    package init(
        id: Int, sender: MailAddress, recipients: [MailAddress], bytes: [UInt8],
        isInternational: Bool
    ) {
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.bytes = bytes
        self.isInternational = isInternational
    }
}

/// What became of one recipient's copy.
package enum TransactionOutcome: Hashable, Sendable {
    /// The server took responsibility.
    case accepted(reply: String)
    /// The server refused, for now or for good.
    case refused(isPermanent: Bool, reply: String)
    /// The server refused for good because the account may not write from its address, which
    /// says nothing about the mail.
    case senderRefused(reply: String)
    /// Nothing that could end the mail was handed over.
    case notSent(cause: String, reply: String?)
    /// The mail may have been handed over, and no verdict came.
    case inDoubt(cause: String)

    /// Whether the server answered, whatever it said.
    var isVerdict: Bool {
        switch self {
        case .accepted, .refused, .senderRefused: true
        case .notSent, .inDoubt: false
        }
    }
}

/// What a probe found.
package struct MailProbe: Hashable, Sendable {
    package let isReachable: Bool
    package let routes: [RouteReport]

    package init(isReachable: Bool, routes: [RouteReport]) {
        self.isReachable = isReachable
        self.routes = routes
    }
}

/// Why no server of an account could be used.
package struct MailConnectionFailure: Error, Hashable, Sendable {
    /// Every route that was tried.
    package let routes: [RouteReport]
    /// What is wrong with the account itself, if a server answered and refused it.
    package let fault: SenderFault?
    /// What the server said about the account, as a code of the diagnosis.
    package let cause: String?

    package init(routes: [RouteReport], fault: SenderFault? = nil, cause: String? = nil) {
        self.routes = routes
        self.fault = fault
        self.cause = cause
    }
}
