import Outbox
import SyncCore
import Testing

struct SendAuthorityTests {
    private static let juan = UserID(validated: "juan")
    private static let ana = UserID(validated: "ana")
    private typealias Candidate = SendAuthority.Candidate

    private static func decide(
        uid: UInt32, home: SendAuthority.Home = .system(owner: 990),
        bound: [(UserID, EntryState?)] = [], as requested: (UserID, EntryState?)? = nil,
        isDelegated: Bool = false
    ) -> SendAuthority {
        SendAuthority(
            uid: uid, home: home, bound: bound.map { Candidate(user: $0, state: $1) },
            requested: requested.map { Candidate(user: $0, state: $1) }, isDelegated: isDelegated)
    }

    @Test(arguments: [
        (decide(uid: 1000, bound: [(juan, .active)]), "juan"),
        (decide(uid: 1000, bound: [(juan, .active)], as: (juan, .active)), "juan"),
        (decide(uid: 1000, bound: [(juan, .active), (ana, .active)], as: (ana, .active)), "ana"),
        (decide(uid: 1000, bound: [(juan, .active), (ana, .disabled)]), "juan"),
        (decide(uid: 33, as: (ana, .active), isDelegated: true), "ana uid:33"),
        (
            decide(uid: 1000, bound: [(juan, .active)], as: (ana, .active), isDelegated: true),
            "ana uid:1000"
        ),
        (decide(uid: 0, bound: [(juan, .active)]), "juan"),
        (decide(uid: 501, home: .personal(owner: 501), bound: [(juan, .active)]), "juan"),
    ])
    func `whoever is bound or delegated sends, and the log says who did it`(
        authority: SendAuthority, actor: String
    ) throws {
        let grant = try authority.grant()
        #expect(grant.actor == actor)
        #expect(actor.hasPrefix(grant.user.text))
    }

    @Test(
        arguments: [
            (decide(uid: 1000), .unbound(uid: 1000)),
            (decide(uid: 1000, as: (ana, .active)), .unbound(uid: 1000)),
            (decide(uid: 1000, as: (ana, nil)), .unbound(uid: 1000)),
            (decide(uid: 65_534, bound: [(juan, .active)]), .unbound(uid: 65_534)),
            (
                decide(uid: 65_534, as: (juan, .active), isDelegated: true), .unbound(uid: 65_534)
            ),
            (decide(uid: 0), .unbound(uid: 0)),
            (decide(uid: 990), .unbound(uid: 990)),
            (
                decide(uid: 1000, home: .personal(owner: 501), bound: [(juan, .active)]),
                .unbound(uid: 1000)
            ),
            (decide(uid: 1000, bound: [(juan, .active)], as: (ana, nil)), .noSuchUser(ana)),
            (decide(uid: 1000, bound: [(juan, .active)], as: (ana, .removed)), .noSuchUser(ana)),
            (decide(uid: 1000, bound: [(juan, .active)], as: (ana, .active)), .notDelegated(ana)),
            (decide(uid: 1000, bound: [(juan, .disabled)]), .disabled(juan)),
            (decide(uid: 1000, bound: [(juan, .removed)]), .noSuchUser(juan)),
            (decide(uid: 1000, bound: [(juan, .disabled)], as: (juan, .disabled)), .disabled(juan)),
            (
                decide(uid: 1000, bound: [(ana, .active), (juan, .active)]),
                .ambiguous([ana, juan])
            ),
        ] as [(SendAuthority, SendRefusal.Code)])
    func `everybody else is refused`(authority: SendAuthority, code: SendRefusal.Code) {
        #expect(throws: SendRefusal(code)) { try authority.grant() }
    }

    @Test func `refusals are 77, but 67 for a user that does not exist`() {
        #expect(SendRefusal(.unbound(uid: 1)).exitStatus == .notPermitted)
        #expect(SendRefusal(.disabled(Self.ana)).exitStatus == .notPermitted)
        #expect(SendRefusal(.notDelegated(Self.ana)).exitStatus == .notPermitted)
        #expect(SendRefusal(.noSuchUser(Self.ana)).exitStatus == .noSuchUser)
        #expect(SendRefusal(.ambiguous([])).exitStatus == .usage)
    }

    @Test(arguments: [
        (decide(uid: 0), true), (decide(uid: 990), true), (decide(uid: 1000), false),
        (decide(uid: 1000, bound: [(juan, .active)]), false),
        (decide(uid: 501, home: .personal(owner: 501)), true),
        (decide(uid: 65_534, home: .personal(owner: 65_534)), false),
    ])
    func `only root and the owner operate`(authority: SendAuthority, mayOperate: Bool) {
        #expect(authority.mayOperate == mayOperate)
    }

    @Test func `the longest actor fits a record`() throws {
        let user = UserID(validated: String(repeating: "a", count: UserID.byteCountMaximum))
        let authority = Self.decide(uid: .max, as: (user, .active), isDelegated: true)
        #expect(try authority.grant().actor.utf8.count <= 64)
    }
}
