/// Bytes on the socket that are not a frame of the protocol.
///
/// The connection that carried them is closed: nothing after them can be trusted.
package enum FrameError: Error, Hashable, Sendable {
    /// The announced length is zero or above the limit of the type.
    case length
    /// The type does not exist, or belongs to the other side.
    case unknownType(UInt8)
    /// The body is shorter or longer than its fields.
    case body
    /// A field holds a value outside its set, or text that is not UTF-8.
    case value
}
