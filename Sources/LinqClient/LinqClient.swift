// LinqClient
