package console

const openNonBlock = 0
