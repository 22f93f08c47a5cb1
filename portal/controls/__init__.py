"""What an auditor asks every night: saved queries of which each must find nothing, and shows what it finds if not."""
