import Outbox
import Testing

struct BlobUploadTests {
    @Test func `an upload goes on where the hub says, and ends when it has all`() {
        var upload = BlobUpload(total: 10, partByteCount: 4)
        #expect(upload.start == .put(offset: 0, count: 4))
        #expect(upload.handle(stored: 4) == .put(offset: 4, count: 4))
        #expect(upload.handle(stored: 8) == .put(offset: 8, count: 2))
        #expect(upload.handle(stored: 10) == .done)
    }

    @Test func `what the hub has from another time is not sent again`() {
        var upload = BlobUpload(total: 10, partByteCount: 4)
        #expect(upload.handle(stored: 10) == .done)
    }

    @Test func `a hub that lost what it had gets it again`() {
        var upload = BlobUpload(total: 10, partByteCount: 4)
        #expect(upload.handle(stored: 8) == .put(offset: 8, count: 2))
        #expect(upload.handle(stored: 0) == .put(offset: 0, count: 4))
    }

    @Test func `a hub that makes no progress or claims too much is left alone`() {
        var upload = BlobUpload(total: 10, partByteCount: 4)
        #expect(upload.handle(stored: 0) == .put(offset: 0, count: 4))
        #expect(upload.handle(stored: 0) == .put(offset: 0, count: 4))
        #expect(upload.handle(stored: 0) == .giveUp)
        var other = BlobUpload(total: 10, partByteCount: 4)
        #expect(other.handle(stored: 11) == .giveUp)
    }
}
