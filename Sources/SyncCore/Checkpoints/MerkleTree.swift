/// The hash tree of RFC 6962 over a list that only grows.
///
/// Its root names the whole list, and a short proof shows that one list is the beginning of
/// another. Complete subtrees never change, so they are stored once, by level and place:
///
/// ```
/// level 2          (2,0)
/// level 1     (1,0)     (1,1)
/// level 0   (0,0) (0,1) (0,2) (0,3) (0,4)      root = H(1 ‖ (2,0) ‖ (0,4))
/// ```
package struct MerkleTree {
    /// How many hashes a proof may have: two for each level of a tree of any size.
    package static let proofMaximum = 128

    /// How many leaves there are.
    package let size: UInt64
    private let stored: (_ level: Int, _ index: UInt64) throws -> Digest

    /// Looks at a tree.
    ///
    /// - Parameters:
    ///   - size: How many leaves there are.
    ///   - stored: A complete subtree's hash; level 0 are the leaves.
    package init(
        size: UInt64, stored: @escaping (_ level: Int, _ index: UInt64) throws -> Digest
    ) {
        self.size = size
        self.stored = stored
    }

    /// The hash of a leaf.
    package static func leaf(_ content: [UInt8]) -> Digest { Digest(of: [0], content) }

    /// The hash over two neighbours.
    package static func node(_ left: Digest, _ right: Digest) -> Digest {
        Digest(of: [1] + left.bytes, right.bytes)
    }

    /// The subtrees that a new leaf completes, the leaf itself first.
    ///
    /// - Parameter leaf: The hash of the leaf that follows the last one.
    /// - Returns: What is to be stored.
    /// - Throws: What reading the stored hashes throws.
    package func appending(
        _ leaf: Digest
    ) throws -> [(level: Int, index: UInt64, hash: Digest)] {
        var nodes = [(level: 0, index: size, hash: leaf)]
        var (level, index, hash) = (0, size, leaf)
        while !index.isMultiple(of: 2) {
            hash = Self.node(try stored(level, index - 1), hash)
            index /= 2
            level += 1
            nodes.append((level, index, hash))
        }
        return nodes
    }

    /// The hash of the first leaves, or of all; of none, the hash of nothing.
    package func root(of count: UInt64? = nil) throws -> Digest {
        let count = count ?? size
        guard count > 0 else { return Digest(of: []) }
        return try hash(0, count)
    }

    /// Shows that the first `count` leaves are the beginning of all.
    package func consistencyProof(from count: UInt64) throws -> [Digest] {
        guard count > 0, count < size else { return [] }
        return try proof(from: count, start: 0, count: size, isWhole: true)
    }

    /// Whether a proof shows that one tree is the beginning of another (RFC 9162, 2.1.4.2).
    package static func isConsistent(
        _ first: (size: UInt64, root: Digest), _ second: (size: UInt64, root: Digest),
        proof: [Digest]
    ) -> Bool {
        guard first.size <= second.size, first.size > 0 else { return false }
        if first.size == second.size { return first.root == second.root && proof.isEmpty }
        var path = proof
        if first.size & (first.size - 1) == 0 { path.insert(first.root, at: 0) }
        guard let start = path.first else { return false }
        var (low, high) = (first.size - 1, second.size - 1)
        while low & 1 == 1 {
            low >>= 1
            high >>= 1
        }
        var (left, right) = (start, start)
        for hash in path.dropFirst() {
            guard high > 0 else { return false }
            if low & 1 == 1 || low == high {
                left = node(hash, left)
                right = node(hash, right)
                while low & 1 == 0 && low != 0 {
                    low >>= 1
                    high >>= 1
                }
            } else {
                right = node(right, hash)
            }
            low >>= 1
            high >>= 1
        }
        return high == 0 && left == first.root && right == second.root
    }

    /// The hash of `count` leaves from a place that is a multiple of the next power of two.
    private func hash(_ start: UInt64, _ count: UInt64) throws -> Digest {
        if count & (count - 1) == 0 {
            return try stored(count.trailingZeroBitCount, start / count)
        }
        let left = Self.split(count)
        return Self.node(try hash(start, left), try hash(start + left, count - left))
    }

    private func proof(
        from first: UInt64, start: UInt64, count: UInt64, isWhole: Bool
    ) throws -> [Digest] {
        if first == count { return isWhole ? [] : [try hash(start, count)] }
        let left = Self.split(count)
        if first <= left {
            return try proof(from: first, start: start, count: left, isWhole: isWhole)
                + [hash(start + left, count - left)]
        }
        return try proof(
            from: first - left, start: start + left, count: count - left, isWhole: false)
            + [hash(start, left)]
    }

    /// The largest power of two below a count of at least two.
    private static func split(_ count: UInt64) -> UInt64 {
        1 << (UInt64(UInt64.bitWidth) - 1 - UInt64((count - 1).leadingZeroBitCount))
    }
}
