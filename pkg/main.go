// The server side of the plugin: one process for every data source of this type.
package main

func main() {}
