import SyncCore

/// The completion of the command line in bash, written from the table of commands.
struct BashCompletion {
    private let table: CommandTable

    init(_ table: CommandTable) {
        self.table = table
    }

    /// The script that bash loads; after the value of an option it offers files.
    var text: String {
        """
        # Completes the command line of syncmail; made by 'syncmail help completion'.
        _syncmail() {
            local word=${COMP_WORDS[COMP_CWORD]} before="" choices="" index
            for ((index = 1; index < COMP_CWORD && index < 3; index++)); do
                before+="${COMP_WORDS[index]} "
            done
            case $before in
        \(cases.joined(separator: "\n"))
            esac
            COMPREPLY=($(compgen -W "$choices" -- "$word"))
        }
        complete -o default -F _syncmail syncmail

        """
    }

    private var cases: [String] {
        let names = table.commands.map { $0.name.split(separator: " ").map(String.init) }
        let nouns = unique(names.map { $0[0] })
        var cases = [choice("\"\"", unique(nouns + CommandTable.ofFront.map(\.name) + ["help"]))]
        for noun in nouns {
            let verbs = names.filter { $0[0] == noun && $0.count == 2 }.map { $0[1] }
            if !verbs.isEmpty { cases.append(choice("\"\(noun) \"", verbs)) }
        }
        for command in table.commands {
            let options = command.options + CommandHelp.common
            cases.append(choice("\"\(command.name) \"*", options.map { "--\($0.name)" }))
        }
        cases.append(choice("\"help \"", nouns))
        return cases
    }

    private func choice(_ pattern: String, _ words: [String]) -> String {
        "    \(pattern)) choices=\"\(words.joined(separator: " "))\" ;;"
    }

    private func unique(_ words: [String]) -> [String] {
        var seen: Set<String> = []
        return words.filter { seen.insert($0).inserted }
    }
}
