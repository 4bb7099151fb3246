import Front
import Glibc

exit(FrontMain.run())
