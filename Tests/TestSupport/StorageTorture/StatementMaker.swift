/// Makes random statements about two tables, which mean the same in every database.
struct StatementMaker {
    /// What a statement is for.
    enum Kind {
        case change
        case question
        case vacuum
    }

    static let tables = """
        CREATE TABLE one (id INTEGER PRIMARY KEY, n INTEGER, t TEXT UNIQUE, b BLOB);
        CREATE TABLE two (id INTEGER PRIMARY KEY, one INTEGER REFERENCES one, t TEXT)
        """
    /// Everything that the tables hold, one row after the other.
    static let dump = """
        SELECT quote(id) || quote(n) || quote(t) || quote(b) FROM (
            SELECT * FROM one UNION ALL SELECT id, one, t, 'two' FROM two) ORDER BY 1
        """

    private static let keys = 200
    var chance: SeededGenerator

    /// The next statement.
    mutating func next() -> (kind: Kind, sql: String) {
        let key = chance.number(below: Self.keys)
        let number = chance.number(below: 1000)
        let length = chance.number(below: chance.isOne(in: 10) ? 20_000 : 300)
        switch chance.number(below: 16) {
        case 0...3:
            return (
                .change,
                "INSERT OR REPLACE INTO one VALUES (\(key), \(number), 't\(number)', "
                    + "zeroblob(\(length)))"
            )
        case 4:
            // Fails where the key or the text is taken.
            return (.change, "INSERT INTO one VALUES (\(key), \(number), 't\(number)', NULL)")
        case 5:
            return (.change, "INSERT INTO two (one, t) SELECT id, t FROM one WHERE n < \(number)")
        case 6:
            // Fails halfway where one text is taken.
            return (.change, "UPDATE one SET t = 't' || (n + \(number)) WHERE id > \(key)")
        case 7:
            return (
                .change, "UPDATE one SET b = hex(zeroblob(\(length))) WHERE id % 7 = \(key % 7)"
            )
        case 8:
            return (.change, "DELETE FROM two WHERE id % 3 = \(key % 3)")
        case 9:
            return (.change, "DELETE FROM one WHERE id BETWEEN \(key) AND \(key + 5)")
        case 10:
            let action = chance.isOne(in: 2) ? "CREATE INDEX IF NOT EXISTS" : "DROP INDEX IF EXISTS"
            let place = action.hasPrefix("CREATE") ? " ON one (n, t)" : ""
            return (.change, "\(action) one_n\(place)")
        case 11:
            return (
                .question,
                "SELECT count(*) || ',' || coalesce(sum(length(b)), 0) FROM one WHERE n > \(number)"
            )
        case 12:
            return (
                .question,
                "SELECT one.t || two.t FROM one JOIN two ON two.one = one.id "
                    + "WHERE one.n < \(number) ORDER BY two.t DESC, two.id LIMIT 40"
            )
        case 13:
            return (
                .question,
                "SELECT t || count(*) FROM two GROUP BY t HAVING count(*) > 1 ORDER BY t"
            )
        case 14 where chance.isOne(in: 20):
            return (.vacuum, "VACUUM")
        default:
            return (.question, "SELECT quote(t) FROM one WHERE id >= \(key) ORDER BY b, id LIMIT 5")
        }
    }
}
