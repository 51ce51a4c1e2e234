"""What can be done with collections and answers. Each function runs in its caller's transaction."""
