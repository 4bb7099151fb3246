import SyncCore
import TestSupport
import Testing

struct MerkleTreeTests {
    /// A tree in memory.
    private struct Memory {
        private(set) var nodes: [[Digest]] = [[]]
        var size: UInt64 { UInt64(nodes[0].count) }
        var tree: MerkleTree {
            let nodes = nodes
            return MerkleTree(size: size) { level, index in nodes[level][Int(index)] }
        }

        mutating func append(_ content: [UInt8]) throws {
            for node in try tree.appending(MerkleTree.leaf(content)) {
                if node.level == nodes.count { nodes.append([]) }
                #expect(nodes[node.level].count == Int(node.index))
                nodes[node.level].append(node.hash)
            }
        }
    }

    // The examples of the reference implementation of Certificate Transparency.
    @Test func `the roots are those of the reference implementation`() throws {
        let leaves: [[UInt8]] = [
            [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
            Array(0x50...0x57), Array(0x60...0x6f),
        ]
        let roots: [Int: String] = [
            1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
        var memory = Memory()
        for leaf in leaves {
            try memory.append(leaf)
            let root = try memory.tree.root()
            #expect(root.bytes.hexadecimal == roots[Int(memory.size)], "\(memory.size)")
        }
        #expect(
            try Memory().tree.root().bytes.hexadecimal
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `every beginning of every tree is proved, and nothing else is`() throws {
        var memory = Memory()
        var roots: [Digest] = [Digest(of: [])]
        for number in 1...65 {
            try memory.append([UInt8(number)])
            roots.append(try memory.tree.root())
            let newest = (size: memory.size, root: roots[number])
            for size in 1...number {
                let first = (size: UInt64(size), root: roots[size])
                #expect(try memory.tree.root(of: UInt64(size)) == roots[size])
                let proof = try memory.tree.consistencyProof(from: UInt64(size))
                guard MerkleTree.isConsistent(first, newest, proof: proof) else {
                    Issue.record("\(size) of \(number) is not proved")
                    continue
                }
                let other = (size: UInt64(size), root: MerkleTree.leaf([0]))
                var wrong = [MerkleTree.isConsistent(other, newest, proof: proof)]
                wrong.append(
                    MerkleTree.isConsistent(
                        first, (memory.size, MerkleTree.leaf([0])), proof: proof))
                wrong.append(MerkleTree.isConsistent(first, newest, proof: proof + [.zero]))
                for index in proof.indices {
                    var changed = proof
                    changed[index] = .zero
                    wrong.append(MerkleTree.isConsistent(first, newest, proof: changed))
                    changed.remove(at: index)
                    wrong.append(MerkleTree.isConsistent(first, newest, proof: changed))
                }
                if wrong.contains(true) { Issue.record("\(size) of \(number): a lie passes") }
            }
        }
    }

    @Test func `a proof is short however long the list is`() throws {
        var memory = Memory()
        for number in 0..<1000 { try memory.append([UInt8(truncatingIfNeeded: number)]) }
        for size in 1..<UInt64(1000) {
            let count = try memory.tree.consistencyProof(from: size).count
            if count > 20 { Issue.record("\(size): \(count)") }
        }
    }
}
