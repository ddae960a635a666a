import 'koffi'
