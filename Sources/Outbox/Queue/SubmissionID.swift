import SyncCore

/// The name that whoever submits a mail gives to the submission, at random.
///
/// Repeating a submission under its name gives the first result.
package struct SubmissionID: RandomIdentifier {
    package let bytes: [UInt8]
    package init(validated bytes: [UInt8]) { self.bytes = bytes }
}
