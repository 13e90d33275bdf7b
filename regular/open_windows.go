package regular

const withoutWaiting = 0
