package import SyncCore

/// Where a password may be sent: what it was sealed together with.
///
/// Whoever may change one of these in the configuration, and no more, must not thereby have
/// the password sent to himself. Hence the certificate authority belongs here too.
package struct AccountSettings: Hashable, Sendable {
    /// How many bytes the name of a server may have.
    package static let hostByteCountMaximum = 253
    /// How many bytes a login may have.
    package static let loginByteCountMaximum = 320

    package let account: AccountID
    package let host: String
    /// In the order of preference.
    package let routes: [AccountRoute]
    package let login: String
    /// The hash of the company's own certificate authority, or zeros if it has none.
    package let authority: Digest

    package init(
        account: AccountID, host: String, routes: [AccountRoute], login: String, authority: String?
    ) {
        self.account = account
        self.host = host
        self.routes = routes
        self.login = login
        self.authority = authority.map { Digest(of: Array($0.utf8)) } ?? .zero
    }

    /// The hash of them all.
    package var digest: Digest { Digest(of: canonicalBytes) }

    /// The first field in which other settings go beyond these, or nil if a password that was
    /// sealed with these may be used with the others.
    ///
    /// Routes may be left out or reordered, but none added.
    package func fieldExceeded(by other: AccountSettings) -> String? {
        if other.account != account { return "account" }
        if other.host != host { return "host" }
        if other.login != login { return "login" }
        if other.authority != authority { return "ca" }
        return Set(other.routes).isSubset(of: routes) ? nil : "routes"
    }
}

extension AccountSettings: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, account)
            fields.field(2, host)
            fields.field(3, list: routes)
            fields.field(4, login)
            fields.field(5, authority)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "account settings")
        account = try fields.required(1)
        host = try fields.required(2) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.hostByteCountMaximum, in: "host")
        }
        routes = try fields.list(3, maximum: AccountRoute.routesMaximum)
        login = try fields.required(4) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.loginByteCountMaximum, in: "login")
        }
        authority = try fields.required(5)
    }
}

/// Which password an account has, without telling anything about it.
package struct SecretStamp: Hashable, Sendable {
    /// Grows by one with every change; two concurrent changes may have the same.
    package let version: UInt64
    /// SHA-256 of what was sealed, which begins with 32 random bytes.
    package let commitment: Digest

    package init(version: UInt64, commitment: Digest) {
        self.version = version
        self.commitment = commitment
    }
}

/// A password sealed for one device.
package struct SealedSecret: Hashable, Sendable {
    /// How many bytes it may have.
    package static let byteCountMaximum = 8192

    /// Which password it is.
    package let stamp: SecretStamp
    /// What only the device's sealing key opens.
    package let bytes: [UInt8]

    package init(stamp: SecretStamp, bytes: [UInt8]) {
        self.stamp = stamp
        self.bytes = bytes
    }
}

extension SecretStamp: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, version)
            fields.field(2, commitment)
        }
    }
    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "secret")
        version = try fields.required(1) { (reader) throws(CodingError) in
            try reader.unsigned(maximum: 1 << 53, in: "secret version")
        }
        commitment = try fields.required(2)
    }
}

extension SealedSecret: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, stamp)
            fields.field(2, Bytes(bytes))
        }
    }
    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "sealed secret")
        stamp = try fields.required(1)
        bytes = try fields.required(2) { (reader) throws(CodingError) in
            try reader.byteString(maximum: Self.byteCountMaximum, in: "sealed secret")
        }
    }
}

extension CBORDecodable {
    /// Reads a register; nothing if it holds something else.
    init?(register bytes: [UInt8]) {
        do throws(CodingError) {
            try self.init(canonicalBytes: bytes)
        } catch {
            return nil
        }
    }
}
