import Glibc
import SyncCore

exit(await EngineEntry.run(Array(CommandLine.arguments.dropFirst())).rawValue)
