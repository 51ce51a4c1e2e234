"""The public account: public pages, a feed and open data of projects, reports and decisions."""
