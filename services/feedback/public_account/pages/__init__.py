"""The pages of the public account: their frame, their cache, open data and the sitemap."""
