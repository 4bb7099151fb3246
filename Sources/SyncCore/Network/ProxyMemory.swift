/// The proxies that this device was told to use, each for one network or for all others.
///
/// They lie in the encrypted replica, password included, and go nowhere else.
package struct ProxyMemory {
    /// A proxy that leads out of a network.
    package struct Entry: Sendable {
        /// Such as `http://proxy.company.com:3128`; empty for none at all.
        package let url: String
        package let user: String?
        package let password: SecretBytes?

        package init(url: String, user: String?, password: SecretBytes?) {
            self.url = url
            self.user = user
            self.password = password
        }

        /// The way that a transport takes.
        package var way: TransportSettings.Proxy {
            url.isEmpty ? .none : .server(url: url, user: user, password: password)
        }
    }

    /// How many bytes an address, a user or a password may have.
    package static let byteCountMaximum = 1024

    private let store: ReplicaStore

    package init(_ store: ReplicaStore) {
        self.store = store
    }

    /// The proxy of a network: its own, or the one for all others; nothing where the environment
    /// decides.
    package func entry(for network: NetworkFingerprint) throws -> Entry? {
        try stored(network) ?? stored(nil)
    }

    /// What was set for a network alone, or for all others.
    package func stored(_ network: NetworkFingerprint?) throws -> Entry? {
        guard let bytes = try store.fact(Self.fact(network)), !bytes.isEmpty else { return nil }
        var reader = CBORReader(bytes)
        let fields = try reader.fields(in: "proxy")
        func text(_ key: UInt64) throws -> [UInt8]? {
            try fields.optional(key) { (reader) throws(CodingError) in
                try reader.byteString(maximum: Self.byteCountMaximum, in: "proxy")
            }
        }
        return Entry(
            url: String(decoding: try text(1) ?? [], as: UTF8.self),
            user: try text(2).map { String(decoding: $0, as: UTF8.self) },
            password: try text(3).map { bytes in
                var bytes = bytes
                return SecretBytes(consuming: &bytes)
            })
    }

    /// Remembers a proxy for a network, or for all others; nothing lets the environment decide.
    package func set(_ entry: Entry?, for network: NetworkFingerprint?) throws {
        guard let entry else { return try store.setFact(Self.fact(network), []) }
        var writer = CBORWriter()
        writer.fields { fields in
            fields.field(1, Bytes(Array(entry.url.utf8)))
            fields.field(2, entry.user.map { Bytes(Array($0.utf8)) })
            fields.field(3, entry.password.map { $0.withBytes { Bytes(Array($0)) } })
        }
        try store.setFact(Self.fact(network), writer.bytes)
    }

    private static func fact(_ network: NetworkFingerprint?) -> String {
        "proxy " + (network.map { $0.bytes.hexadecimal } ?? "everywhere")
    }
}
