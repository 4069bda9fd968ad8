//go:build !386

package sock

import "syscall"

const sysSendto = syscall.SYS_SENDTO
