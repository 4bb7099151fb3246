import Glibc
import SyncCore
import SyncServer

exit(await ServerEntry.run(Array(CommandLine.arguments.dropFirst())).rawValue)
