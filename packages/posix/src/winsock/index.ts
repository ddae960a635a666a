/** What Windows has beside the sockets of the JavaScript host. Nothing of another kernel is loaded or bundled with it. */

export { windowsInterfaceGroup } from '../interface/interface_windows.ts'
export { windowsIPRawSockGroup } from './iprawsock_windows.ts'
