"""What can be done with decisions and reports. Each function runs in its caller's transaction."""
