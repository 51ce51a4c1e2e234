"""Reports: the published account of all decisions of a project, in versions that never change."""
