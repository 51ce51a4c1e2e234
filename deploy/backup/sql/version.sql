-- Of the server.
SHOW server_version;
