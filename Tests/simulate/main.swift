import Glibc
import Simulation

exit(SimulateCommand.run(Array(CommandLine.arguments.dropFirst())))
