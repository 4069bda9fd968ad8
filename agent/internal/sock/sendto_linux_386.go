package sock

const sysSendto = 369 // asm/unistd_32.h; package syscall knows only socketcall
