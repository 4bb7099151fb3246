import CUnix
